// Rests on reentrancy: locks.acquire(name, { within: lease }).
import { expect, test } from 'vitest'
import { freshName } from '../support/eventually.js'
import { openStage, outlived, TTL_MS } from './stage.js'

const { locks, isFree } = await openStage()

test.concurrent('go-redislock: Lock(ctx) again, by the same token', async () => {
  const name = freshName()
  await using outer = await locks.acquire(name)
  await using inner = await locks.acquire(name, { within: outer })
  expect(inner.fence).toBe(outer.fence)
  expect([outer.held, inner.held]).toEqual([true, true])
})

test.concurrent('go-redislock: UnLock(ctx) as often as Lock(ctx)', async () => {
  const name = freshName()
  const outer = await locks.acquire(name, { ttlMs: TTL_MS })
  const inner = await locks.acquire(name, { within: outer })
  expect(await inner.release()).toBe('released')
  expect(inner.held).toBe(false)
  await outlived(TTL_MS)
  expect(outer.held).toBe(true)
  expect(await isFree(name)).toBe(false)
  expect(await outer.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
})
