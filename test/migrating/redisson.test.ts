import { exponential } from '@holdfast/core'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { recorder } from '../support/open.js'
import { BRIEF_MS, codeOf, lossOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, others, redis, open, isFree, waiting } = await openStage()

test.concurrent('Redisson: redisson.getLock(name)', async () => {
  const [name, other] = [freshName(), freshName()]
  await using lease = await locks.acquire(name)
  expect(lease.name).toBe(name)
  expect(await isFree(name)).toBe(false)
  expect(await isFree(other)).toBe(true)
})

test.concurrent('Redisson: lock.lock()', async () => {
  const name = freshName()
  const first = await locks.acquire(name, { waitMs: Infinity })
  const second = others.acquire(name, { waitMs: Infinity })
  await eventually(async () => expect(await waiting(name)).toBe(1))
  await first.release()
  expect((await second).held).toBe(true)
  await (await second).release()
})

test.concurrent('Redisson: lock.lock(leaseTime, unit)', async () => {
  const name = freshName()
  const lease = await locks.acquire(name, { waitMs: Infinity, ttlMs: 200, renew: false })
  expect(await lossOf(lease)).toMatchObject({ code: 'LOCK_LOST' })
  await eventually(async () => expect(await isFree(name)).toBe(true))
})

test.concurrent('Redisson: lock.lockInterruptibly()', async () => {
  const name = freshName()
  await locks.acquire(name)
  const interruption = new AbortController()
  const waits = others.acquire(name, { waitMs: Infinity, signal: interruption.signal })
  const reason = new Error('interrupted')
  interruption.abort(reason)
  expect(await rejection(waits)).toBe(reason)
})

test.concurrent('Redisson: lock.tryLock()', async () => {
  const name = freshName()
  await using lease = await locks.tryAcquire(name)
  expect(lease?.held).toBe(true)
  expect(await others.tryAcquire(name)).toBeNull()
})

test.concurrent('Redisson: lock.tryLock(waitTime, unit)', async () => {
  const name = freshName()
  await locks.acquire(name)
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
})

test.concurrent('Redisson: lock.tryLock(waitTime, leaseTime, unit)', async () => {
  const name = freshName()
  const times = { waitMs: BRIEF_MS, ttlMs: 3 * BRIEF_MS, renew: false }
  const lease = await locks.acquire(name, times)
  expect(await codeOf(others.acquire(name, times))).toBe('LOCK_BUSY')
  expect(await lossOf(lease)).toMatchObject({ code: 'LOCK_LOST' })
  expect((await others.acquire(name, { ...times, waitMs: 5_000 })).held).toBe(true)
})

test.concurrent('Redisson: lock.unlock()', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
  const lost = await locks.acquire(name)
  await redis.del(name)
  expect(await lost.release()).toBe('expired') // where theirs throws IllegalMonitorStateException
})

test.concurrent('Redisson: lock.forceUnlock()', async () => {
  const name = freshName()
  const lease = await locks.acquire(name, { ttlMs: TTL_MS })
  expect(await others.forceRelease(name)).toBe(true)
  expect(await lossOf(lease)).toMatchObject({ code: 'LOCK_LOST' })
  expect(await others.forceRelease(name)).toBe(false)
})

test.concurrent('Redisson: lock.isLocked()', async () => {
  const name = freshName()
  expect((await others.inspect(name)) !== null).toBe(false)
  await locks.acquire(name)
  expect((await others.inspect(name)) !== null).toBe(true)
})

test.concurrent('Redisson: lock.isHeldByCurrentThread()', async () => {
  const lease = await locks.acquire(freshName())
  expect(lease.held).toBe(true)
  lease.assertHeld()
  await lease.release()
  expect(lease.held).toBe(false)
  expect(() => lease.assertHeld()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
})

test.concurrent('Redisson: lock.remainTimeToLive()', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name, { ttlMs: 5_000 })
  const holders = (await others.inspect(name))?.holders
  for (const leftMs of [lease.remainingMs, holders?.[0]?.remainingMs]) {
    expect(leftMs).toBeGreaterThan(2_500)
    expect(leftMs).toBeLessThanOrEqual(5_000)
  }
})

test.concurrent('Redisson: Config.setLockWatchdogTimeout(ms)', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer, ttlMs: TTL_MS })
  await using lease = await user.locks.acquire(name)
  await outlived(TTL_MS)
  expect(count('renewed')).toBeGreaterThan(1)
  expect(lease.held).toBe(true)
  expect(await isFree(name)).toBe(false)
})

test.concurrent('Redisson: redisson.getFairLock(name)', async () => {
  const name = freshName()
  const first = await locks.acquire(name)
  const order: string[] = []
  await using third = await open()
  const inLine = [others, third.locks, locks].map(async (each, index) => {
    await eventually(async () => expect(await waiting(name)).toBe(index))
    await each.request(name, () => order.push(`${index}`))
  })
  await eventually(async () => expect(await waiting(name)).toBe(3))
  expect(await others.tryAcquire(name)).toBeNull()
  await first.release()
  await Promise.all(inLine)
  expect(order).toEqual(['0', '1', '2'])
})

test.concurrent('Redisson: redisson.getSpinLock(name, backOff)', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  const first = await locks.acquire(name)
  const spinning = user.locks.acquire(name, { retry: { backoff: exponential({ minMs: 1, maxMs: 128 }) } })
  await eventually(() => expect(count('contended')).toBeGreaterThan(3))
  await first.release()
  expect((await spinning).held).toBe(true)
})

test.concurrent('Redisson: redisson.getFencedLock(name), lockAndGetToken()', async () => {
  const name = freshName()
  const first = await locks.acquire(name)
  await first.release()
  await using second = await others.acquire(name)
  expect(second.fence).toBeGreaterThan(first.fence ?? Infinity)
})

test.concurrent('Redisson: fencedLock.tryLockAndGetToken()', async () => {
  const name = freshName()
  await using lease = await locks.tryAcquire(name)
  expect(lease?.fence).toEqual(expect.any(Number))
  expect(await others.tryAcquire(name)).toBeNull()
})

test.concurrent('Redisson: redisson.getMultiLock(a, b)', async () => {
  const [a, b] = [freshName(), freshName()]
  const other = await others.acquire(b)
  expect(await codeOf(locks.acquire([a, b], { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  await eventually(async () => expect(await isFree(a)).toBe(true)) // once it has left the line
  await other.release()

  await using lease = await locks.acquire([a, b])
  expect(lease.fence).toBeNull()
  expect([...lease.fences.keys()]).toEqual([a, b])
  expect([await isFree(a), await isFree(b)]).toEqual([false, false])
})
