// Reentrancy: locks.acquire(name, { within: lease }) and createLocker({ context: asyncContext() }).
import { asyncContext } from '@holdfast/core/async-context'
import { expect, test } from 'vitest'
import { freshName } from '../support/eventually.js'
import { codeOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, others, open, isFree } = await openStage()

test.concurrent('Redisson: lock.lock(), held by the thread already', async () => {
  const name = freshName()
  await using user = await open({ context: asyncContext() })
  const outer = await user.locks.request(name, async (lease) => {
    const fence = await user.locks.request(name, (inner) => inner.fence)
    expect(fence).toBe(lease.fence)
    expect(await isFree(name)).toBe(false)
    return 'held all along'
  })
  expect(outer).toBe('held all along')
  expect(await isFree(name)).toBe(true)
})

test.concurrent('Redisson: lock.unlock(), as often as lock.lock()', async () => {
  const name = freshName()
  const outer = await locks.acquire(name, { ttlMs: TTL_MS })
  const inner = await locks.acquire(name, { within: outer })
  await outer.release()
  await outlived(TTL_MS)
  expect(inner.held).toBe(true) // and renewed, until the last one is released, in any order
  expect(await isFree(name)).toBe(false)
  await inner.release()
  expect(await isFree(name)).toBe(true)
})

test.concurrent('Redisson: readLock().lock() while the thread holds writeLock()', async () => {
  const name = freshName()
  const writer = await locks.acquire(name)
  await using reader = await locks.acquire(name, { within: writer, mode: 'shared' })
  expect(reader.mode).toBe('shared')
  expect(await others.tryAcquire(name, { mode: 'shared' })).toBeNull()
  await writer.release()
  await using another = await others.acquire(name, { mode: 'shared' })
  expect([reader.held, another.held]).toEqual([true, true])
  expect(await isFree(name)).toBe(false)
})

test.concurrent('Redisson: writeLock().lock() while the thread holds readLock()', async () => {
  const name = freshName()
  await using reader = await locks.acquire(name, { mode: 'shared' })
  // A writer of Redisson waits for its own read lock here.
  expect(await codeOf(locks.acquire(name, { within: reader }))).toBe('LOCK_UNSUPPORTED')
  expect(reader.held).toBe(true)
})
