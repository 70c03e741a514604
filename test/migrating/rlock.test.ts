import { type BackoffInput, fixed } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection, timed } from '../support/eventually.js'
import { recorder } from '../support/open.js'
import { isAcquire } from '../support/script-commands.js'
import { BRIEF_MS, codeOf, lossOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, others, redis, server, open, isFree, waiting } = await openStage()

test.concurrent('rlock: TryLock(ctx, key, expiration)', async () => {
  const name = freshName()
  // The command of rlock: one attempt, on the very key.
  expect(await redis.set(name, 'a value of theirs', 'PX', 5_000, 'NX')).toBe('OK')
  expect(await locks.tryAcquire(name, { ttlMs: 5_000 })).toBeNull()
  await redis.del(name)
  await using lease = await locks.tryAcquire(name, { ttlMs: 5_000 })
  expect(lease?.held).toBe(true)
  expect(await redis.set(name, 'a value of theirs', 'PX', 5_000, 'NX')).toBeNull()
})

test.concurrent('rlock: Lock(ctx, key, expiration, retry, timeout)', async () => {
  const name = freshName()
  const first = await others.acquire(name)
  const ctx = new AbortController()
  const retry = { backoff: fixed(10), maxAttempts: 3 }
  await using user = await open({ attemptTimeoutMs: 1_000 })
  expect(await codeOf(user.locks.acquire(name, { ttlMs: 5_000, retry, signal: ctx.signal }))).toBe('LOCK_BUSY')

  const waits = user.locks.acquire(name, { ttlMs: 5_000, signal: ctx.signal })
  const reason = new Error('the context ended')
  ctx.abort(reason)
  expect(await rejection(waits)).toBe(reason)
  await first.release()
  expect((await user.locks.acquire(name, { ttlMs: 5_000, retry })).held).toBe(true)
})

test.concurrent('rlock: timeout, of each call to Redis', async () => {
  await using proxy = await startFaultProxy({ target: server })
  await using user = await open({ attemptTimeoutMs: 100 }, proxy.port)
  proxy.blackhole()
  const { value, ms } = await timed(codeOf(user.locks.tryAcquire(freshName())))
  expect(value).toBe('LOCK_INDETERMINATE')
  expect(ms).toBeLessThan(3_000)
})

test.concurrent('rlock: RetryStrategy.Next()', async () => {
  const name = freshName()
  await others.acquire(name)
  const asked: BackoffInput[] = []
  const backoff = (input: BackoffInput): number => {
    asked.push(input)
    return 5 * input.attempt
  }
  // A strategy has no memory, so two callers may share one.
  const retry = { backoff, maxAttempts: 3 }
  await using user = await open()
  const callers = [locks, user.locks].map((each) => codeOf(each.acquire(name, { retry })))
  expect(await Promise.all(callers)).toEqual(['LOCK_BUSY', 'LOCK_BUSY'])
  const asks = (nth: number): number => asked.filter(({ attempt }) => attempt === nth).length
  expect([asks(1), asks(2), asks(3)]).toEqual([2, 2, 0])
})

test.concurrent('rlock: FixIntervalRetry{Interval, Max}', async () => {
  const name = freshName()
  await others.acquire(name)
  const { observer, count } = recorder()
  await using user = await open({ observer })
  const [Interval, Max] = [10, 2]
  const retry = { backoff: fixed(Interval), maxAttempts: 1 + Max }
  expect(await codeOf(user.locks.acquire(name, { retry }))).toBe('LOCK_BUSY')
  expect(count('contended')).toBe(3)
})

test.concurrent('rlock: retry after timeout: check the value, count as mine', async () => {
  const name = freshName()
  await using proxy = await startFaultProxy({ target: server })
  await using user = await open({}, proxy.port)
  const lost = proxy.loseReply({ match: isAcquire })
  const lease = await user.locks.acquire(name)
  expect(lost.fired).toBe(1)
  expect(await redis.get(name)).toBe(lease.owner)
  expect(await isFree(name)).toBe(false)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
})

test.concurrent('rlock: SingleflightLock(ctx, key, expiration, retry, timeout)', async () => {
  const name = freshName()
  const first = await others.acquire(name)
  const { observer, count } = recorder()
  await using user = await open({ observer })
  const all = Array.from({ length: 20 }, () => user.locks.request(name, (lease) => lease.fence))
  await eventually(() => expect(count('waiting')).toBe(20))
  await eventually(async () => expect(await waiting(name)).toBe(1)) // one for the whole process
  await first.release()
  expect(new Set(await Promise.all(all)).size).toBe(20)
})

test.concurrent('rlock: SingleflightLock, the lock handed over locally', async () => {
  const name = freshName()
  const attempts: number[] = []
  await using user = await open({ observer: { acquired: (event) => void attempts.push(event.attempts) } })
  await Promise.all(Array.from({ length: 5 }, () => user.locks.request(name, () => {})))
  expect(attempts).toHaveLength(5)
  expect(attempts.filter((each) => each === 0).length).toBeGreaterThan(0) // no round trip to the store
})

test.concurrent('rlock: AutoRefresh(interval, timeout)', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  await using lease = await user.locks.acquire(name, { ttlMs: TTL_MS })
  await outlived(TTL_MS)
  expect(count('renewed')).toBeGreaterThan(1)
  expect(lease.held).toBe(true)
  expect(await isFree(name)).toBe(false)

  const short = await user.locks.acquire(freshName(), { ttlMs: 200, renew: false })
  expect(await lossOf(short)).toMatchObject({ code: 'LOCK_LOST' })
})

test.concurrent('rlock: Refresh(ctx)', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name, { ttlMs: 60_000, renew: false })
  await redis.pexpire(name, 10_000)
  await lease.extend()
  expect(await redis.pttl(name)).toBeGreaterThan(30_000)
})

test.concurrent('rlock: Unlock(ctx)', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await lease.release()).toBe('released')
  expect(await redis.exists(name)).toBe(0)
})

test.concurrent('rlock: ErrLockNotHold', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  await redis.set(name, 'a value of theirs', 'PX', 5_000)
  expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
  expect(await lease.release()).toBe('expired')
  expect(await redis.get(name)).toBe('a value of theirs')
})

test.concurrent('rlock: ErrFailedToPreemptLock', async () => {
  const name = freshName()
  await redis.set(name, 'a value of theirs', 'PX', 5_000)
  expect(await codeOf(locks.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
})

test.concurrent('rlock: interrupt the business when renewal fails', async () => {
  const name = freshName()
  const business = locks.request(name, { ttlMs: TTL_MS }, async (lease) => {
    const interrupted = new Promise((resolve) => lease.signal.addEventListener('abort', resolve))
    await redis.del(name)
    await interrupted
    return 'went on for nothing'
  })
  expect(await codeOf(business)).toBe('LOCK_LOST')
})
