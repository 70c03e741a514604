import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker } from '@holdfast/core'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { BRIEF_MS, codeOf, openStage } from './stage.js'

const { locks, others, redis, isFree, waiting } = await openStage()

test.concurrent('distributedlock: NewRedisLock(client, name, value, ttl)', async () => {
  const name = freshName()
  const backend = ioredisBackend(redis, { prefix: '' })
  await using ours = createLocker({ backend, ttlMs: 5_000, label: 'client-1' })
  await ours.acquire(name)
  expect(await redis.pttl(name)).toBeLessThanOrEqual(5_000)
  expect((await others.inspect(name))?.holders).toMatchObject([{ label: 'client-1' }])
  // The other library, with its one plain key, is kept out.
  expect(await redis.set(name, 'client-2', 'PX', 5_000, 'NX')).toBeNull()
})

test.concurrent('distributedlock: TryLock(ctx)', async () => {
  const name = freshName()
  await using lease = await locks.tryAcquire(name)
  expect(lease?.held).toBe(true)
  expect(await others.tryAcquire(name)).toBeNull()
})

test.concurrent('distributedlock: Lock(ctx, wait)', async () => {
  const name = freshName()
  const first = await locks.acquire(name)
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  const ctx = new AbortController()
  const waits = rejection(others.acquire(name, { waitMs: 5_000, signal: ctx.signal }))
  const reason = new Error('the context ended')
  ctx.abort(reason)
  expect(await waits).toBe(reason)
  const next = others.acquire(name, { waitMs: 5_000 })
  await eventually(async () => expect(await waiting(name)).toBe(1))
  await first.release()
  expect((await next).held).toBe(true)
})

test.concurrent('distributedlock: Refresh(ctx)', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name, { ttlMs: 60_000, renew: false })
  await redis.pexpire(name, 10_000)
  await lease.extend()
  expect(await redis.pttl(name)).toBeGreaterThan(30_000)
})

test.concurrent('distributedlock: Unlock(ctx)', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
})

test.concurrent('distributedlock: ErrLockAcquireFailed', async () => {
  const name = freshName()
  await redis.set(name, 'client-2', 'PX', 5_000)
  expect(await locks.tryAcquire(name)).toBeNull()
  expect(await codeOf(locks.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
})
