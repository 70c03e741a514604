import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker, fixed } from '@holdfast/core'
import Redlock, { ExecutionError, ResourceLockedError } from 'redlock'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { recorder } from '../support/open.js'
import { BRIEF_MS, codeOf, lossOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, redis, open, isFree, waiting } = await openStage()
const redlock = new Redlock([redis], { retryDelay: 20, retryJitter: 5 })

test.concurrent('redlock: new Redlock([client], settings)', async () => {
  const ours = createLocker({ backend: ioredisBackend(redis, { prefix: '' }) })
  const name = freshName()
  const theirs = await redlock.acquire([name], 5_000)
  expect(await ours.tryAcquire(name)).toBeNull()
  await theirs.release()
  await using lease = await ours.acquire(name)
  expect(lease.held).toBe(true)
  expect(await rejection(redlock.acquire([name], 5_000, { retryCount: 0 }))).toBeInstanceOf(ExecutionError)
})

test.concurrent('redlock: redlock.acquire([name], ttl)', async () => {
  const [name, other] = [freshName(), freshName()]
  await redlock.acquire([other], TTL_MS)
  await using lease = await locks.acquire(name, { ttlMs: TTL_MS })
  await outlived(TTL_MS)
  expect(await isFree(other)).toBe(true) // theirs is not renewed
  expect(lease.held).toBe(true)
  expect(await isFree(name)).toBe(false)
})

test.concurrent('redlock: redlock.acquire([a, b], ttl)', async () => {
  const [a, b, c] = [freshName(), freshName(), freshName()]
  const theirs = await redlock.acquire([c], 5_000)
  expect(await locks.tryAcquire([a, b, c])).toBeNull()
  expect([await isFree(a), await isFree(b)]).toEqual([true, true])
  await theirs.release()

  await using lease = await locks.acquire([a, b, c], { ttlMs: 5_000 })
  expect(lease.names).toEqual([a, b, c])
  expect([await isFree(a), await isFree(b), await isFree(c)]).toEqual([false, false, false])
  expect(await lease.release()).toBe('released')
  expect([await isFree(a), await isFree(b), await isFree(c)]).toEqual([true, true, true])
})

test.concurrent('redlock: redlock.using([name], ttl, async (signal) => …)', async () => {
  const [name, other] = [freshName(), freshName()]
  const theirs = redlock.using([other], 5_000, async () => 'theirs')
  const ours = locks.request(name, { ttlMs: TTL_MS }, async (lease) => {
    await outlived(TTL_MS)
    expect(await isFree(name)).toBe(false)
    return lease.signal.aborted
  })
  expect([await theirs, await ours]).toEqual(['theirs', false])
  expect([await isFree(other), await isFree(name)]).toEqual([true, true])
})

test.concurrent('redlock: signal.aborted, signal.error', async () => {
  const [name, other] = [freshName(), freshName()]
  const ours = locks.request(name, { ttlMs: TTL_MS }, async (lease) => {
    await redis.del(name)
    expect(await lossOf(lease)).toMatchObject({ code: 'LOCK_LOST' })
  })
  let theirSignal: AbortSignal | undefined
  const theirs = redlock.using([other], TTL_MS, async (signal) => {
    theirSignal = signal
    await redis.del(other)
    await eventually(() => expect(signal.aborted).toBe(true))
  })
  expect(await codeOf(ours)).toBe('LOCK_LOST')
  expect(await rejection(theirs)).toBeInstanceOf(ExecutionError)
  expect(theirSignal).toMatchObject({ error: expect.any(ExecutionError) as unknown })
})

test.concurrent('redlock: lock.extend(ttl)', async () => {
  const name = freshName()
  const theirs = await redlock.acquire([freshName()], 5_000)
  expect((await theirs.extend(60_000)).expiration).toBeGreaterThan(Date.now() + 30_000)
  expect(theirs.expiration).toBe(0) // a new lock is answered, the old one is void
  await using lease = await locks.acquire(name, { ttlMs: 5_000 })
  await lease.extend(60_000)
  expect(lease.remainingMs).toBeGreaterThan(30_000)
})

test.concurrent('redlock: lock.release()', async () => {
  const [name, other] = [freshName(), freshName()]
  const theirs = await redlock.acquire([other], 5_000)
  const lease = await locks.acquire(name)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)

  const lost = await locks.acquire(name)
  await redis.del(name, other)
  expect(await rejection(theirs.release())).toBeInstanceOf(ExecutionError)
  expect(await lost.release()).toBe('expired')
})

test.concurrent('redlock: lock.expiration', async () => {
  const theirs = await redlock.acquire([freshName()], 5_000)
  await using lease = await locks.acquire(freshName(), { ttlMs: 5_000 })
  for (const leftMs of [theirs.expiration - Date.now(), lease.remainingMs]) {
    expect(leftMs).toBeGreaterThan(2_500)
    expect(leftMs).toBeLessThanOrEqual(5_000)
  }
})

test.concurrent('redlock: retryCount, retryDelay, retryJitter', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using impatient = await open({ observer, retry: { backoff: fixed(20), maxAttempts: 3 } })
  const theirs = await redlock.acquire([name], 5_000)
  expect(await rejection(redlock.acquire([name], 5_000, { retryCount: 2 }))).toBeInstanceOf(ExecutionError)
  expect(await codeOf(impatient.locks.acquire(name))).toBe('LOCK_BUSY')
  expect(count('contended')).toBe(3)
  expect(await codeOf(locks.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  await theirs.release()
})

test.concurrent('redlock: retryCount: 0', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name)
  expect(await rejection(redlock.acquire([name], 5_000, { retryCount: 0 }))).toBeInstanceOf(ExecutionError)
  expect(await locks.tryAcquire(name)).toBeNull()
  expect(lease.held).toBe(true)
})

test.concurrent('redlock: retryCount: -1', async () => {
  const name = freshName()
  const first = await locks.acquire(name)
  await using patient = await open()
  const second = patient.locks.acquire(name, { waitMs: Infinity })
  await eventually(async () => expect(await waiting(name)).toBe(1))
  await first.release()
  expect((await second).held).toBe(true)
})

test.concurrent('redlock: automaticExtensionThreshold', async () => {
  const { observer, count } = recorder()
  await using user = await open({ observer })
  await using lease = await user.locks.acquire(freshName(), { ttlMs: 3 * TTL_MS })
  await eventually(() => expect(count('renewed')).toBe(1))
  expect(lease.remainingMs).toBeGreaterThan(TTL_MS)
})

test.concurrent('redlock: driftFactor', async () => {
  const theirs = await redlock.acquire([freshName()], 10_000, { driftFactor: 0.01 })
  await using lease = await locks.acquire(freshName(), { ttlMs: 10_000 })
  expect(theirs.expiration - Date.now()).toBeLessThanOrEqual(9_898)
  expect(lease.remainingMs).toBeLessThanOrEqual(9_900)
})

test.concurrent('redlock: ResourceLockedError, ExecutionError', async () => {
  const [name, broken] = [freshName(), freshName()]
  await redis.rpush(broken, 'no lock')
  await locks.acquire(name)
  expect(await codeOf(locks.acquire(name, { waitMs: 0 }))).toBe('LOCK_BUSY')
  expect(await codeOf(locks.acquire(broken))).toBe('LOCK_BACKEND')
  expect(await rejection(redlock.acquire([name], 5_000, { retryCount: 0 }))).toBeInstanceOf(ExecutionError)
})

test.concurrent("redlock: redlock.on('error', listener)", async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  const theirs = await redlock.acquire([name], 5_000)
  const errors: Error[] = []
  const listening = new Redlock([redis], { retryCount: 0 }).on('error', (error) => void errors.push(error))
  await rejection(listening.acquire([name], 5_000))
  expect(errors[0]).toBeInstanceOf(ResourceLockedError)
  expect(await user.locks.tryAcquire(name)).toBeNull()
  expect(count('contended')).toBe(1)
  await theirs.release()
})

test.concurrent('redlock: redlock.quit()', async () => {
  const name = freshName()
  await using user = await open()
  const lease = await user.locks.acquire(name)
  await user.locks.close()
  expect(lease.held).toBe(false)
  expect(await isFree(name)).toBe(true)
  expect(await user.backend.inspect(name)).toBeNull() // the client is the user's, and still open
})
