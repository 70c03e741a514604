import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker, fixed, memoryBackend } from '@holdfast/core'
import { E_LOCK_NOT_OWNED, Verrou } from '@verrou/core'
import { memoryStore } from '@verrou/core/drivers/memory'
import { redisStore } from '@verrou/core/drivers/redis'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { recorder } from '../support/open.js'
import { BRIEF_MS, codeOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, others, redis, open, isFree } = await openStage()
const verrou = new Verrou({
  default: 'redis',
  stores: { redis: { driver: redisStore({ connection: redis }) }, memory: { driver: memoryStore() } },
})

test.concurrent('verrou: new Verrou({ default, stores }), verrou.use(store)', async () => {
  const name = freshName()
  const ours = createLocker({ backend: ioredisBackend(redis, { prefix: '' }) })
  const memory = createLocker({ backend: memoryBackend() })
  const theirs = [verrou.use('redis').createLock(name), verrou.use('memory').createLock(name)]
  expect(await Promise.all(theirs.map((each) => each.acquireImmediately()))).toEqual([true, true])
  expect(await ours.tryAcquire(name)).toBeNull()
  await using lease = await memory.acquire(name)
  expect(lease.held).toBe(true)
})

test.concurrent('verrou: verrou.createLock(name, ttl)', async () => {
  const [name, other] = [freshName(), freshName()]
  await verrou.createLock(other, TTL_MS).acquire()
  await using lease = await locks.acquire(name, { ttlMs: TTL_MS })
  await outlived(TTL_MS)
  expect(await isFree(other)).toBe(true) // theirs is not renewed
  expect(lease.held).toBe(true)
})

test.concurrent('verrou: verrou.createLock(name, null)', async () => {
  const [name, other] = [freshName(), freshName()]
  await verrou.createLock(other, null).acquire()
  expect(await redis.pttl(other)).toBe(-1)
  await using user = await open()
  await user.locks.acquire(name, { ttlMs: TTL_MS })
  await outlived(TTL_MS)
  expect(await isFree(name)).toBe(false) // renewed for as long as its holder lives
  await redis.del(other)
})

test.concurrent('verrou: lock.acquire()', async () => {
  const name = freshName()
  const theirs = verrou.createLock(name)
  expect(await theirs.acquire()).toBe(true)
  const ours = locks.acquire(name, { waitMs: Infinity })
  await theirs.release()
  await using lease = await ours
  expect(lease.held).toBe(true)
})

test.concurrent('verrou: lock.acquire({ retry: { timeout } })', async () => {
  const name = freshName()
  await locks.acquire(name)
  expect(await verrou.createLock(name).acquire({ retry: { timeout: 40, delay: 10 } })).toBe(false)
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
})

test.concurrent('verrou: lock.acquire({ retry: { attempts, delay } })', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  await locks.acquire(name)
  expect(await verrou.createLock(name).acquire({ retry: { attempts: 3, delay: 10 } })).toBe(false)
  const retry = { maxAttempts: 3, backoff: fixed(10) }
  expect(await codeOf(user.locks.acquire(name, { retry }))).toBe('LOCK_BUSY')
  expect(count('contended')).toBe(3)
})

test.concurrent('verrou: lock.acquireImmediately()', async () => {
  const name = freshName()
  await locks.acquire(name)
  expect(await verrou.createLock(name).acquireImmediately()).toBe(false)
  expect(await others.tryAcquire(name)).toBeNull()
})

test.concurrent('verrou: lock.run(callback)', async () => {
  const name = freshName()
  expect(await verrou.createLock(name).run(async () => 42)).toEqual([true, 42])
  expect(await locks.request(name, async () => 42)).toBe(42)
  expect(await isFree(name)).toBe(true)
})

test.concurrent('verrou: lock.runImmediately(callback)', async () => {
  const name = freshName()
  await locks.acquire(name)
  expect(await verrou.createLock(name).runImmediately(async () => 42)).toEqual([false, null])
  expect(await others.request(name, { ifAvailable: true }, (lease) => lease)).toBeNull()
})

test.concurrent('verrou: lock.extend(ttl)', async () => {
  const theirs = verrou.createLock(freshName(), 5_000)
  await theirs.acquire()
  await theirs.extend(60_000)
  await using lease = await locks.acquire(freshName(), { ttlMs: 5_000 })
  await lease.extend(60_000)
  for (const leftMs of [theirs.getRemainingTime(), lease.remainingMs]) expect(leftMs).toBeGreaterThan(30_000)
})

test.concurrent('verrou: lock.release()', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await rejection(verrou.createLock(name).release())).toBeInstanceOf(E_LOCK_NOT_OWNED)
  expect(lease.held).toBe(true)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
})

test.concurrent('verrou: lock.forceRelease()', async () => {
  const [name, other] = [freshName(), freshName()]
  const lease = await locks.acquire(name, { ttlMs: TTL_MS })
  await verrou.createLock(other).acquire()
  await verrou.createLock(other).forceRelease()
  expect(await redis.exists(other)).toBe(0)
  expect(await others.forceRelease(name)).toBe(true)
  await eventually(() => expect(lease.held).toBe(false)) // told, other than theirs
  expect(await others.forceRelease(name)).toBe(false)
})

test.concurrent('verrou: lock.isLocked()', async () => {
  const name = freshName()
  expect((await others.inspect(name)) !== null).toBe(false)
  await locks.acquire(name)
  expect((await others.inspect(name)) !== null).toBe(true)
  expect(await verrou.createLock(name).isLocked()).toBe(true)
})

test.concurrent('verrou: lock.isExpired()', async () => {
  const theirs = verrou.createLock(freshName(), 100)
  await theirs.acquire()
  const lease = await locks.acquire(freshName(), { ttlMs: TTL_MS, renew: false })
  expect(lease.held).toBe(true)
  await eventually(() => expect([theirs.isExpired(), lease.held]).toEqual([true, false]))
})

test.concurrent('verrou: lock.getRemainingTime()', async () => {
  const lease = await locks.acquire(freshName(), { ttlMs: 5_000 })
  expect(lease.remainingMs).toBeGreaterThan(2_500)
  await lease.release()
  expect(lease.remainingMs).toBe(0)
})

test.concurrent('verrou: lock.serialize(), verrou.restoreLock(data)', async () => {
  const [name, other] = [freshName(), freshName()]
  const theirs = verrou.createLock(other)
  await theirs.acquire()
  await verrou.restoreLock(theirs.serialize()).release()
  expect(await redis.exists(other)).toBe(0)

  const lease = await locks.acquire(name)
  const restored = await others.resume(lease.ticket())
  expect(restored.fence).toBe(lease.fence)
  expect(await restored.release()).toBe('released')
})

test.concurrent('verrou: E_LOCK_NOT_OWNED, E_LOCK_STORAGE_ERROR', async () => {
  const [name, broken] = [freshName(), freshName()]
  const lease = await locks.acquire(name)
  await redis.multi().del(name).rpush(broken, 'no lock').exec()
  expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
  expect(await codeOf(locks.acquire(broken))).toBe('LOCK_BACKEND')
})
