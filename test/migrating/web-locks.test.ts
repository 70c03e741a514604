import { createLocker, type Locker, memoryBackend, toLockManager } from '@holdfast/core'
import { asyncContext } from '@holdfast/core/async-context'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection, timed } from '../support/eventually.js'
import { codeOf, lossOf, openStage } from './stage.js'

const { locks, others, open, waiting } = await openStage()
const memory = createLocker({ backend: memoryBackend() })

/** The same code over memory and over Redis. */
const both: readonly Locker[] = [memory, locks]

test.concurrent('Web Locks: navigator.locks.request(name, callback)', async () => {
  for (const each of both) {
    const name = freshName()
    const order: string[] = []
    const first = each.request(name, async () => {
      await eventually(async () => expect((await each.inspect(name))?.holders).toHaveLength(1))
      order.push('first')
      return 1
    })
    const second = each.request(name, { waitMs: Infinity }, () => {
      order.push('second')
      return 2
    })
    expect(await Promise.all([first, second])).toEqual([1, 2])
    expect(order).toEqual(['first', 'second'])
    const error = new Error('of the callback')
    expect(await rejection(each.request(name, () => Promise.reject(error)))).toBe(error)
    expect(await each.inspect(name)).toBeNull()
  }
})

test.concurrent("Web Locks: { mode: 'shared' }", async () => {
  for (const each of both) {
    const name = freshName()
    await each.request(name, { mode: 'shared' }, () =>
      each.request(name, { mode: 'shared', ifAvailable: true }, async (another) => {
        expect(another?.mode).toBe('shared')
        expect(await each.tryAcquire(name)).toBeNull()
      }),
    )
  }
})

test.concurrent('Web Locks: { ifAvailable: true }', async () => {
  for (const each of both) {
    const name = freshName()
    const answer = (): Promise<boolean> => each.request(name, { ifAvailable: true }, (lease) => lease !== null)
    expect(await each.request(name, answer)).toBe(false)
    expect(await answer()).toBe(true)
  }
})

test.concurrent('Web Locks: { signal }', async () => {
  for (const each of both) {
    const name = freshName()
    const controller = new AbortController()
    await each.request(name, async () => {
      const waits = each.request(name, { signal: controller.signal }, () => 'never')
      controller.abort()
      expect(await rejection(waits)).toBe(controller.signal.reason)
    })
    expect(controller.signal.reason).toMatchObject({ name: 'AbortError' })
  }
})

test.concurrent('Web Locks: lock.name, lock.mode', async () => {
  for (const each of both) {
    const name = freshName()
    const told = await each.request(name, (lease) => [lease.name, lease.mode])
    expect(told).toEqual([name, 'exclusive'])
  }
})

test.concurrent('Web Locks: navigator.locks', async () => {
  for (const each of both) {
    const name = freshName()
    const manager: LockManager = toLockManager(each)
    const outer = await manager.request(name, async (lock) => {
      expect([lock?.name, lock?.mode]).toEqual([name, 'exclusive'])
      expect(await manager.request(name, { ifAvailable: true }, (none) => none)).toBeNull()
      await using apart = await each.tryAcquire(name)
      expect(apart?.held).toBe(true) // names of lockers are others than those of managers

      const controller = new AbortController()
      const waits = manager.request(name, { mode: 'shared', signal: controller.signal }, () => 'never')
      await eventually(async () => {
        const { held, pending } = await manager.query()
        expect(held?.filter((one) => one.name === name)).toMatchObject([{ mode: 'exclusive' }])
        expect(pending?.filter((one) => one.name === name)).toMatchObject([{ mode: 'shared' }])
      })
      controller.abort()
      expect(await rejection(waits)).toBe(controller.signal.reason)
      return 'the answer of the callback'
    })
    expect(outer).toBe('the answer of the callback')
  }
})

test.concurrent('Web Locks: { steal: true }', async () => {
  for (const [one, another] of [
    [locks, others],
    [memory, memory],
  ] as const) {
    const name = freshName()
    // The next renewal would find the loss after 10 s.
    const former = one.request(name, { ttlMs: 30_000 }, async (lease) => {
      const told = lossOf(lease)
      expect(await another.request(name, { steal: true }, ({ held }) => held)).toBe(true)
      const { value, ms } = await timed(told)
      expect(value).toMatchObject({ code: 'LOCK_LOST' })
      expect(ms).toBeLessThan(5_000)
      return 'computed without the lock'
    })
    expect(await codeOf(former)).toBe('LOCK_LOST')
  }
})

test.concurrent('Web Locks: { steal: true }, while others wait', async () => {
  const name = freshName()
  const former = await locks.acquire(name)
  const told = lossOf(former)
  const patient = others.acquire(name)
  await eventually(async () => expect(await waiting(name)).toBe(1))
  const thief = await locks.acquire(name, { steal: true })
  expect(await told).toMatchObject({ code: 'LOCK_LOST' })
  expect(thief.held).toBe(true)
  expect(thief.fence).toBeGreaterThan(former.fence ?? Infinity)
  await thief.release()
  await using next = await patient // keeps its place, behind the thief
  expect(next.held).toBe(true)
})

test.concurrent('Web Locks: navigator.locks.query()', async () => {
  for (const each of both) {
    const name = freshName()
    const lease = await each.acquire(name)
    const { held: holders } = await each.query()
    expect(holders.filter((one) => one.name === name)).toMatchObject([{ mode: 'exclusive', fence: lease.fence }])
    const next = each.acquire(name, { mode: 'shared' })
    await eventually(async () => {
      const { pending } = await each.query()
      expect(pending.filter((one) => one.name === name)).toMatchObject([{ mode: 'shared', place: 0 }])
    })
    await lease.release()
    await (await next).release()
    const { held, pending } = await each.query()
    expect([...held, ...pending].filter((one) => one.name === name)).toEqual([])
  }
})

test.concurrent('Web Locks: request(name, …) inside request(name, …), which waits for itself', async () => {
  await using user = await open({ context: asyncContext({ nested: 'refuse' }) })
  const inMemory = createLocker({ backend: memoryBackend(), context: asyncContext({ nested: 'refuse' }) })
  for (const each of [inMemory, user.locks]) {
    const name = freshName()
    const code = await each.request(name, () => codeOf(each.request(name, () => 'never')))
    expect(code).toBe('LOCK_UNSUPPORTED')
  }
})
