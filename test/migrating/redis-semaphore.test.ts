import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker, fixed } from '@holdfast/core'
import { LostLockError, Mutex, TimeoutError } from 'redis-semaphore'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { recorder } from '../support/open.js'
import { BRIEF_MS, codeOf, lossOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, others, redis, open, isFree } = await openStage('mutex:')

test.concurrent('redis-semaphore: new Mutex(client, name, options)', async () => {
  const ours = createLocker({ backend: ioredisBackend(redis, { prefix: 'mutex:' }) })
  const name = freshName()
  const mutex = new Mutex(redis, name, { acquireAttemptsLimit: 1 })
  await mutex.acquire()
  expect(await ours.tryAcquire(name)).toBeNull()
  await mutex.release()
  await using lease = await ours.acquire(name)
  expect(lease.held).toBe(true)
  expect(await mutex.tryAcquire()).toBe(false)
})

test.concurrent('redis-semaphore: mutex.acquire()', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  const theirs = new Mutex(redis, name, { acquireTimeout: 50 })
  expect(await rejection(theirs.acquire())).toBeInstanceOf(TimeoutError)
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  const next = others.acquire(name)
  await lease.release()
  expect((await next).held).toBe(true)
  await (await next).release()
})

test.concurrent('redis-semaphore: mutex.acquire(abortSignal)', async () => {
  const name = freshName()
  await locks.acquire(name)
  const giveUp = new AbortController()
  const theirs = rejection(new Mutex(redis, name).acquire(giveUp.signal))
  const ours = rejection(others.acquire(name, { signal: giveUp.signal }))
  const reason = new Error('no longer wanted')
  giveUp.abort(reason)
  expect(await Promise.all([theirs, ours])).toEqual([reason, reason])
})

test.concurrent('redis-semaphore: mutex.tryAcquire()', async () => {
  const name = freshName()
  await locks.acquire(name)
  // `tryAcquire` of redis-semaphore waits as well, for acquireTimeout.
  expect(await new Mutex(redis, name, { acquireTimeout: 50 }).tryAcquire()).toBe(false)
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
})

test.concurrent('redis-semaphore: mutex.tryAcquire(), with acquireAttemptsLimit: 1', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  await locks.acquire(name)
  expect(await new Mutex(redis, name, { acquireAttemptsLimit: 1 }).tryAcquire()).toBe(false)
  expect(await user.locks.tryAcquire(name)).toBeNull()
  expect(count('contended')).toBe(1)
})

test.concurrent('redis-semaphore: mutex.release()', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
})

test.concurrent('redis-semaphore: mutex.isAcquired', async () => {
  const mutex = new Mutex(redis, freshName())
  await mutex.acquire()
  const lease = await locks.acquire(freshName())
  expect([mutex.isAcquired, lease.held]).toEqual([true, true])
  await mutex.release()
  await lease.release()
  expect([mutex.isAcquired, lease.held]).toEqual([false, false])
})

test.concurrent('redis-semaphore: lockTimeout', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name, { ttlMs: TTL_MS })
  expect(await redis.pttl(`mutex:${name}`)).toBeLessThanOrEqual(TTL_MS)
  await outlived(TTL_MS)
  expect(lease.held).toBe(true) // renewed, as theirs is
})

test.concurrent('redis-semaphore: acquireTimeout', async () => {
  const name = freshName()
  await locks.acquire(name)
  const from = performance.now()
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  expect(performance.now() - from).toBeGreaterThan(0.95 * BRIEF_MS)
})

test.concurrent('redis-semaphore: acquireAttemptsLimit, retryInterval', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  await locks.acquire(name)
  const retry = { maxAttempts: 3, backoff: fixed(10) }
  expect(await codeOf(user.locks.acquire(name, { retry }))).toBe('LOCK_BUSY')
  expect(count('contended')).toBe(3)
})

test.concurrent('redis-semaphore: refreshInterval', async () => {
  const { observer, count } = recorder()
  await using user = await open({ observer, ttlMs: TTL_MS })
  await using lease = await user.locks.acquire(freshName())
  await eventually(() => expect(count('renewed')).toBeGreaterThan(1))
  expect(lease.held).toBe(true)
})

test.concurrent('redis-semaphore: refreshInterval: 0, mutex.stopRefresh()', async () => {
  const name = freshName()
  const lease = await locks.acquire(name, { ttlMs: 200, renew: false })
  expect(await lossOf(lease)).toMatchObject({ code: 'LOCK_LOST' })
  await eventually(async () => expect(await isFree(name)).toBe(true))
})

test.concurrent('redis-semaphore: onLockLost', async () => {
  const [name, other] = [freshName(), freshName()]
  const { observer, count } = recorder()
  await using user = await open({ observer, ttlMs: TTL_MS })
  const theirs = new Promise((resolve) => {
    void new Mutex(redis, other, { lockTimeout: TTL_MS, onLockLost: resolve }).acquire().then(() => {
      return redis.del(`mutex:${other}`)
    })
  })
  const lease = await user.locks.acquire(name)
  await redis.del(`mutex:${name}`)
  expect(await lossOf(lease)).toMatchObject({ code: 'LOCK_LOST' })
  expect(count('lost')).toBe(1)
  expect(await theirs).toBeInstanceOf(LostLockError)
})

test.concurrent('redis-semaphore: identifier, acquiredExternally: true', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  const theirs = new Mutex(redis, freshName())
  await theirs.acquire()
  const { identifier } = theirs
  await theirs.release()
  expect(identifier).toEqual(expect.any(String)) // theirs hands on the secret, ours a ticket
  const ticket = lease.ticket()
  const continued = await others.resume(ticket)
  expect([lease.held, continued.held]).toEqual([false, true])
  expect(continued.fence).toBe(lease.fence)
  expect(await continued.release()).toBe('released')
})

test.concurrent('redis-semaphore: TimeoutError, LostLockError', async () => {
  const name = freshName()
  const lease = await locks.acquire(name, { ttlMs: TTL_MS })
  expect(await codeOf(others.acquire(name, { waitMs: 0 }))).toBe('LOCK_BUSY')
  await redis.del(`mutex:${name}`)
  expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
})
