import { expect, test } from 'vitest'
import { eventually, freshName } from '../support/eventually.js'
import { BRIEF_MS, codeOf, lossOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, others, open, isFree, waiting } = await openStage()

const read = { mode: 'shared' } as const
const permit = { mode: 'shared', limit: 2 } as const

test.concurrent('Redisson: readWriteLock.readLock().lock()', async () => {
  const name = freshName()
  await using one = await locks.acquire(name, read)
  await using two = await others.acquire(name, read)
  expect([one.held, two.held]).toEqual([true, true])
  expect(await isFree(name)).toBe(false)
})

test.concurrent('Redisson: readWriteLock.writeLock().lock()', async () => {
  const name = freshName()
  const reader = await locks.acquire(name, read)
  const writing = others.acquire(name)
  await eventually(async () => expect(await waiting(name)).toBe(1))
  expect(await locks.tryAcquire(name, read)).toBeNull() // readers who come later do not overtake
  await reader.release()
  await using writer = await writing
  expect(writer.mode).toBe('exclusive')
  expect(await locks.tryAcquire(name, read)).toBeNull()
})

test.concurrent('Redisson: redisson.getSemaphore(name), trySetPermits(n)', async () => {
  const name = freshName()
  await using one = await locks.acquire(name, permit)
  await using two = await others.acquire(name, permit)
  expect([one.held, two.held]).toEqual([true, true])
  expect(await others.tryAcquire(name, permit)).toBeNull()
})

test.concurrent('Redisson: semaphore.acquire()', async () => {
  const name = freshName()
  await locks.acquire(name, permit)
  const two = await locks.acquire(name, { ...permit, ttlMs: TTL_MS })
  const three = others.acquire(name, { ...permit, waitMs: Infinity })
  await eventually(async () => expect(await waiting(name)).toBe(1))
  await outlived(TTL_MS)
  expect(await waiting(name)).toBe(1) // renewed
  await two.release()
  expect((await three).held).toBe(true)
  await (await three).release()
})

test.concurrent('Redisson: semaphore.tryAcquire()', async () => {
  const name = freshName()
  await using one = await locks.tryAcquire(name, { mode: 'shared', limit: 1 })
  expect(one?.held).toBe(true)
  expect(await others.tryAcquire(name, { mode: 'shared', limit: 1 })).toBeNull()
})

test.concurrent('Redisson: semaphore.tryAcquire(waitTime, unit)', async () => {
  const name = freshName()
  await locks.acquire(name, { mode: 'shared', limit: 1 })
  expect(await codeOf(others.acquire(name, { mode: 'shared', limit: 1, waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
})

test.concurrent('Redisson: semaphore.release()', async () => {
  const name = freshName()
  const one = await locks.acquire(name, { mode: 'shared', limit: 1 })
  expect(await one.release()).toBe('released')
  await using two = await others.tryAcquire(name, { mode: 'shared', limit: 1 })
  expect(two?.held).toBe(true)
  expect(await one.release()).toBe('released') // again, which gives back no second permit
  expect(await locks.tryAcquire(name, { mode: 'shared', limit: 1 })).toBeNull()
})

test.concurrent('Redisson: semaphore.availablePermits()', async () => {
  const name = freshName()
  const left = async (): Promise<number> => 2 - ((await others.inspect(name))?.holders.length ?? 0)
  expect(await left()).toBe(2)
  await locks.acquire(name, permit)
  expect(await left()).toBe(1)
})

test.concurrent('Redisson: permitExpirableSemaphore.acquire(leaseTime, unit)', async () => {
  const name = freshName()
  const one = await locks.acquire(name, { mode: 'shared', limit: 1, ttlMs: 200, renew: false })
  expect(await lossOf(one)).toMatchObject({ code: 'LOCK_LOST' })
  expect((await others.acquire(name, { mode: 'shared', limit: 1 })).held).toBe(true)
})

test.concurrent('Redisson: permitExpirableSemaphore.updateLeaseTime(permitId, leaseTime, unit)', async () => {
  await using one = await locks.acquire(freshName(), { ...permit, ttlMs: 10_000, renew: false })
  await one.extend(60_000)
  expect(one.remainingMs).toBeGreaterThan(30_000)
})

test.concurrent('Redisson: permitExpirableSemaphore.release(permitId)', async () => {
  const name = freshName()
  const one = await locks.acquire(name, { mode: 'shared', limit: 1 })
  await using elsewhere = await open()
  const continued = await elsewhere.locks.resume(one.ticket())
  expect(await continued.release()).toBe('released')
  expect((await others.inspect(name))?.holders ?? []).toEqual([])
})
