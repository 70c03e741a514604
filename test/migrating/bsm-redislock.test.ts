import { exponential, fixed } from '@holdfast/core'
import { expect, test } from 'vitest'
import { freshName } from '../support/eventually.js'
import { recorder } from '../support/open.js'
import { codeOf, openStage } from './stage.js'

const { locks, others, redis, open, isFree } = await openStage()

test.concurrent('bsm/redislock: locker.Obtain(ctx, key, ttl, nil)', async () => {
  const name = freshName()
  // The command of bsm/redislock, on the very key.
  expect(await redis.set(name, 'a token of theirs', 'PX', 5_000, 'NX')).toBe('OK')
  expect(await locks.tryAcquire(name, { ttlMs: 5_000 })).toBeNull()
  await redis.del(name)
  await using lease = await locks.tryAcquire(name, { ttlMs: 5_000 })
  expect(lease?.held).toBe(true)
  expect(await redis.set(name, 'a token of theirs', 'PX', 5_000, 'NX')).toBeNull()
})

test.concurrent('bsm/redislock: locker.ObtainMulti(ctx, keys, ttl, nil)', async () => {
  const [a, b] = [freshName(), freshName()]
  const other = await others.acquire(b)
  expect(await locks.tryAcquire([a, b], { ttlMs: 5_000 })).toBeNull()
  expect(await isFree(a)).toBe(true)
  await other.release()
  await using lease = await locks.tryAcquire([a, b], { ttlMs: 5_000 })
  expect(lease?.names).toEqual([a, b])
  expect([await isFree(a), await isFree(b)]).toEqual([false, false])
})

test.concurrent('bsm/redislock: RetryStrategy: LinearBackoff(d), ExponentialBackoff(min, max)', async () => {
  for (const backoff of [fixed(10), exponential({ minMs: 8, maxMs: 32 })]) {
    const name = freshName()
    const { observer, count } = recorder()
    await using user = await open({ observer })
    await others.acquire(name)
    expect(await codeOf(user.locks.acquire(name, { retry: { backoff, maxAttempts: 4 } }))).toBe('LOCK_BUSY')
    expect(count('contended')).toBe(4)
  }
})

test.concurrent('bsm/redislock: LimitRetry(strategy, max)', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  await others.acquire(name)
  const max = 2
  expect(await codeOf(user.locks.acquire(name, { retry: { backoff: fixed(10), maxAttempts: 1 + max } }))).toBe(
    'LOCK_BUSY',
  )
  expect(count('contended')).toBe(3)
})

test.concurrent('bsm/redislock: Options{Metadata}', async () => {
  const name = freshName()
  await using user = await open({ label: 'worker 7' })
  await user.locks.acquire(name)
  expect((await others.inspect(name))?.holders).toMatchObject([{ label: 'worker 7' }])
})

test.concurrent('bsm/redislock: lock.TTL(ctx)', async () => {
  const lease = await locks.acquire(freshName(), { ttlMs: 5_000 })
  expect(lease.remainingMs).toBeGreaterThan(2_500)
  await lease.release()
  expect(lease.remainingMs).toBe(0)
})

test.concurrent('bsm/redislock: lock.Refresh(ctx, ttl, nil)', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name, { ttlMs: 10_000, renew: false })
  await lease.extend(60_000)
  expect(await redis.pttl(name)).toBeGreaterThan(30_000)
})

test.concurrent('bsm/redislock: lock.Release(ctx)', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
})

test.concurrent('bsm/redislock: ErrNotObtained, ErrLockNotHeld', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await others.tryAcquire(name)).toBeNull()
  await redis.del(name)
  expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
  expect(await lease.release()).toBe('expired')
})
