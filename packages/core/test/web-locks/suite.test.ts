import { describe, expect, test } from 'vitest'
import {
  createLocker,
  type Locker,
  memoryBackend,
  memoryStore,
  type MemoryStore,
  toLockManager,
} from '../../src/index.js'
import { type VirtualClock, virtualClock } from '../support/clock.js'
import { ask, ending } from './ask.js'
import { expectException } from './stage.js'
import { LASTING_MS, testWebLocks } from './suite.js'
import type { OpenOrigin } from './world.js'

const lockerOn = (store: MemoryStore): Locker => createLocker({ backend: memoryBackend({ store }), ttlMs: LASTING_MS })

async function openMemory(): Promise<OpenOrigin> {
  const store = memoryStore()
  const lockers: Locker[] = []
  return {
    client: async () => {
      const locks = lockerOn(store)
      lockers.push(locks)
      return toLockManager(locks)
    },
    close: async () => void (await Promise.all(lockers.map((locks) => locks.close()))),
  }
}

/** Moves virtual time forward in small steps, with turns of the event loop between, until a promise settles. */
async function through<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isDone = false
  void ending(promise).then(() => (isDone = true))
  for (let i = 0; i < 1_000 && !isDone; i++) await clock.advance(2)
  if (!isDone) throw new Error('not settled within two seconds of virtual time')
  return promise
}

describe('toLockManager, in memory,', () => {
  testWebLocks(openMemory, { histories: 100, isOrdered: true })
})

describe('toLockManager and the locker behind it', () => {
  const name = 'name'
  const isFree = (manager: LockManager): Promise<boolean> =>
    manager.request(name, { ifAvailable: true }, (lock) => lock !== null)

  test('know nothing of each other: leases and locks of one name are held together, and not shown', async () => {
    await using locks = lockerOn(memoryStore())
    const manager = toLockManager(locks)
    await using lease = await locks.acquire(name)
    await locks.acquire(`${name}, another`, { mode: 'shared' })
    expect(await manager.query()).toEqual({ held: [], pending: [] })
    await manager.request(name, async () => {
      expect((await manager.query()).held).toHaveLength(1)
      expect(lease.held).toBe(true)
      expect((await locks.inspect(name))?.waiting).toBe(0)
    })
    expect(await isFree(manager)).toBe(true)
    expect(lease.held).toBe(true)
  })

  test('two managers of one locker are two clients', async () => {
    await using locks = lockerOn(memoryStore())
    const [one, other] = [toLockManager(locks), toLockManager(locks)]
    await one.request(name, async () => {
      expect(await isFree(other)).toBe(false)
      const shared = { mode: 'shared' } as const
      await one.request('shared', shared, () =>
        other.request('shared', shared, async () => {
          const { held } = await one.query()
          const of = (wanted: string): Set<unknown> =>
            new Set(held.filter((info) => info.name === wanted).map(({ clientId }) => clientId))
          expect(of(name).size).toBe(1)
          expect(of('shared').size).toBe(2)
        }),
      )
    })
    expect(await isFree(other)).toBe(true)
  })

  test('lockers on two stores are of two origins', async () => {
    await using locks = lockerOn(memoryStore())
    await using others = lockerOn(memoryStore())
    const [one, other] = [toLockManager(locks), toLockManager(others)]
    await one.request(name, async () => {
      expect(await isFree(other)).toBe(true)
      expect(await other.query()).toEqual({ held: [], pending: [] })
    })
  })

  test('a lease that expires while its callback runs rejects with an AbortError', async () => {
    const clock = virtualClock()
    const manager = toLockManager(createLocker({ backend: memoryBackend({ clock }), clock, ttlMs: 1_000 }))
    const held = ask(manager, name)
    await through(clock, held.granted)
    clock.jump({ monotonic: 10_000 })
    await through(clock, expectException(held.ended, 'AbortError'))
    const next = ending(manager.request(name, () => 'free again'))
    expect(await through(clock, next)).toEqual({ value: 'free again' })
    held.release()
  })

  test('a callback that runs longer than the ttl keeps its lock: the lease is renewed', async () => {
    const clock = virtualClock()
    const manager = toLockManager(createLocker({ backend: memoryBackend({ clock }), clock, ttlMs: 1_000 }))
    const held = ask(manager, name)
    await through(clock, held.granted)
    await clock.advance(20_000)
    expect(await through(clock, isFree(manager))).toBe(false)
    held.release('kept')
    expect(await through(clock, held.ended)).toEqual({ value: 'kept' })
  })

  test('who waits waits longer than any ttl and any wait of the locker', async () => {
    const clock = virtualClock()
    const store = memoryStore()
    const client = (): LockManager =>
      toLockManager(createLocker({ backend: memoryBackend({ clock, store }), clock, ttlMs: 1_000, waitMs: 2_000 }))
    const [one, other] = [client(), client()]
    const held = ask(one, name)
    await through(clock, held.granted)
    const waiting = ask(other, name)
    await clock.advance(120_000)
    expect(waiting.calls).toEqual([])
    held.release()
    expect((await through(clock, waiting.granted))?.name).toBe(name)
    waiting.release()
  })
})
