import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { recorder } from '../support/open.js'
import { BRIEF_MS, codeOf, lossOf, openStage, outlived, TTL_MS } from './stage.js'

const { locks, others, redis, open, isFree, waiting } = await openStage()

const read = { mode: 'shared' } as const

test.concurrent('go-redislock: New(client, key, options...)', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name)
  expect(lease.name).toBe(name)
  expect(await isFree(name)).toBe(false)
})

test.concurrent('go-redislock: WithTimeout(timeout)', async () => {
  const name = freshName()
  await locks.acquire(name, { ttlMs: 5_000 })
  expect(await redis.pttl(name)).toBeLessThanOrEqual(5_000)
})

test.concurrent('go-redislock: WithToken(token)', async () => {
  const name = freshName()
  await using user = await open({ label: 'token of mine' })
  await using lease = await user.locks.acquire(name)
  expect((await others.inspect(name))?.holders).toMatchObject([{ label: 'token of mine' }])
  expect(JSON.stringify(await others.inspect(name))).not.toContain(lease.owner)
})

test.concurrent('go-redislock: WithAutoRenew()', async () => {
  const name = freshName()
  const { observer, count } = recorder()
  await using user = await open({ observer })
  await using lease = await user.locks.acquire(name, { ttlMs: TTL_MS })
  await outlived(TTL_MS)
  expect(count('renewed')).toBeGreaterThan(1)
  expect(lease.held).toBe(true)
  const once = await user.locks.acquire(freshName(), { ttlMs: 200, renew: false })
  expect(await lossOf(once)).toMatchObject({ code: 'LOCK_LOST' })
})

test.concurrent('go-redislock: Lock(ctx)', async () => {
  const name = freshName()
  await using lease = await locks.tryAcquire(name)
  expect(lease?.held).toBe(true)
  expect(await others.tryAcquire(name)).toBeNull()
})

test.concurrent('go-redislock: Lock(ctx) again, by the same token', async () => {
  const name = freshName()
  await using outer = await locks.acquire(name)
  await using inner = await locks.acquire(name, { within: outer })
  expect(inner.fence).toBe(outer.fence)
  expect([outer.held, inner.held]).toEqual([true, true])
})

test.concurrent('go-redislock: SpinLock(ctx, timeout)', async () => {
  const name = freshName()
  const first = await locks.acquire(name)
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  const next = others.acquire(name, { waitMs: 10_000 })
  await eventually(async () => expect(await waiting(name)).toBe(1))
  await first.release()
  expect((await next).held).toBe(true)
  await (await next).release()
})

test.concurrent('go-redislock: UnLock(ctx)', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  expect(await lease.release()).toBe('released')
  expect(await isFree(name)).toBe(true)
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

test.concurrent('go-redislock: Renew(ctx)', async () => {
  const name = freshName()
  await using lease = await locks.acquire(name, { ttlMs: 60_000, renew: false })
  await redis.pexpire(name, 10_000)
  await lease.extend()
  expect(await redis.pttl(name)).toBeGreaterThan(30_000)
})

test.concurrent('go-redislock: FairLock(ctx, requestId), SpinFairLock(ctx, requestId, timeout)', async () => {
  const name = freshName()
  await using third = await open()
  const first = await locks.acquire(name)
  const order: number[] = []
  const inLine = [others, third.locks].map(async (each, index) => {
    await eventually(async () => expect(await waiting(name)).toBe(index))
    await each.request(name, { waitMs: 10_000 }, () => order.push(index))
  })
  await eventually(async () => expect(await waiting(name)).toBe(2))
  await first.release()
  await Promise.all(inLine)
  expect(order).toEqual([0, 1])
})

test.concurrent('go-redislock: FairUnLock(ctx, requestId), FairRenew(ctx, requestId)', async () => {
  const name = freshName()
  const lease = await locks.acquire(name, { ttlMs: 10_000 })
  await lease.extend(60_000)
  expect(lease.remainingMs).toBeGreaterThan(30_000)
  const next = others.acquire(name)
  await eventually(async () => expect(await waiting(name)).toBe(1))
  expect(await lease.release()).toBe('released')
  expect((await next).held).toBe(true)
  await (await next).release()
})

test.concurrent('go-redislock: RLock(ctx), SpinRLock(ctx, timeout)', async () => {
  const name = freshName()
  await using one = await locks.tryAcquire(name, read)
  await using two = await others.acquire(name, { ...read, waitMs: BRIEF_MS })
  expect([one?.held, two.held]).toEqual([true, true])
  expect(await isFree(name)).toBe(false)
})

test.concurrent('go-redislock: WLock(ctx), SpinWLock(ctx, timeout)', async () => {
  const name = freshName()
  const reader = await locks.acquire(name, read)
  expect(await others.tryAcquire(name)).toBeNull()
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  await reader.release()
  await using writer = await others.acquire(name, { waitMs: BRIEF_MS })
  expect(writer.mode).toBe('exclusive')
  expect(await locks.tryAcquire(name, read)).toBeNull()
})

test.concurrent('go-redislock: RUnLock(ctx), RRenew(ctx), WUnLock(ctx), WRenew(ctx)', async () => {
  for (const mode of ['shared', 'exclusive'] as const) {
    const name = freshName()
    const lease = await locks.acquire(name, { mode, ttlMs: 10_000 })
    await lease.extend(60_000)
    expect(lease.remainingMs).toBeGreaterThan(30_000)
    expect(await lease.release()).toBe('released')
    expect(await isFree(name)).toBe(true)
  }
})

test.concurrent('go-redislock: ErrLockFailed, ErrSpinLockTimeout', async () => {
  const name = freshName()
  await locks.acquire(name)
  expect(await others.tryAcquire(name)).toBeNull()
  expect(await codeOf(others.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
})

test.concurrent('go-redislock: ErrSpinLockDone', async () => {
  const name = freshName()
  await locks.acquire(name)
  const ctx = new AbortController()
  const waits = others.acquire(name, { signal: ctx.signal })
  const done = new Error('the context is done')
  ctx.abort(done)
  expect(await rejection(waits)).toBe(done)
})

test.concurrent('go-redislock: ErrUnLockFailed, ErrLockRenewFailed', async () => {
  const name = freshName()
  const lease = await locks.acquire(name)
  await redis.del(name)
  expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
  expect(await lease.release()).toBe('expired')
})
