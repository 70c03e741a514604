import { describe, expect, test } from 'vitest'
import { createLocker, type Locker, type LockerOptions, type LockObserver, memoryStore } from '../../src/index.js'
import { forbidHandOver } from '../../src/backend-parts.js'
import { microtasks, type VirtualClock, virtualClock } from '../support/clock.js'
import { announcing, type FaultyOptions } from '../support/backend.js'
import { gate, hangs, replyLost, requestLost } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

describe('a lease that is released while others wait in this process', () => {
  test('passes to the next of them without a round trip, with a fence and a signal of its own', async () => {
    const { clock, backend, locks } = world()
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME)
    const third = locks.acquire(NAME)
    await clock.advance(1)
    expect(await clock.until(first.release())).toBe('released')
    const next = await clock.until(second)
    expect([first.held, next.held, next.owner]).toEqual([false, true, first.owner])
    expect(next.fence).toBeGreaterThan(first.fence ?? Infinity)
    expect(next.signal).not.toBe(first.signal)
    expect(await clock.until(next.release())).toBe('released')
    const last = await clock.until(third)
    expect(last.fence).toBeGreaterThan(next.fence ?? Infinity)
    expect(backend.calls('acquire').length).toBe(1)
    expect(backend.calls('release').length).toBe(0)
    expect(await last.release()).toBe('released')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is no concern of its former holder any more, whatever that one calls', async () => {
    const { clock, backend, locks } = world()
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME)
    await clock.advance(1)
    void first.release()
    const next = await clock.until(second)
    expect(await first.release()).toBe('released')
    await first[Symbol.asyncDispose]()
    expect(await codeOf(first.extend())).toBe('LOCK_LOST')
    expect(() => first.ticket()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
    expect(() => first.assertHeld()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
    expect(first.signal.aborted).toBe(false)
    expect([first.remainingMs, next.held]).toEqual([0, true])
    await backend.store.evict(NAME)
    await clock.advance(20_000)
    expect([first.signal.aborted, next.signal.aborted]).toEqual([false, true])
  })

  test.each(['before', 'after'])(
    'goes back to the store when a guard at the store depends on it: waits %s',
    async (order) => {
      const { clock, backend, locks } = world()
      const first = await locks.acquire(NAME)
      if (order === 'after') forbidHandOver(first)
      const second = locks.acquire(NAME)
      await clock.advance(1)
      if (order === 'before') forbidHandOver(first)
      expect(await clock.until(first.release())).toBe('released')
      const next = await clock.until(second)
      expect(next.owner).not.toBe(first.owner)
      expect(backend.calls('release').length).toBe(1)
      // A new grant is free to be handed over.
      const third = locks.acquire(NAME)
      await clock.advance(1)
      await clock.until(next.release())
      expect((await clock.until(third)).owner).toBe(next.owner)
    },
  )

  test('goes back to the store under each of its names when a guard depends on it', async () => {
    const { clock, backend, locks } = world()
    const first = await locks.acquire(['a', 'b'])
    forbidHandOver(first)
    const seconds = ['a', 'b'].map((name) => locks.acquire(name))
    await clock.advance(1)
    await clock.until(first.release())
    for (const second of seconds) await clock.until(second)
    expect(backend.calls('release').length).toBe(2)
  })

  test('goes back to the store when none of them waits any more', async () => {
    const { clock, backend, locks } = world()
    const first = await locks.acquire(NAME)
    const controller = new AbortController()
    const waiting = ending(locks.acquire(NAME, { signal: controller.signal }))
    await clock.advance(1)
    controller.abort()
    expect(await clock.until(first.release())).toBe('released')
    await waiting
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('goes back when nobody takes what was about to be handed over', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { clock, backend, locks } = world()
      const first = await locks.acquire(NAME)
      const controllers = [new AbortController(), new AbortController()]
      const waiting = controllers.map(({ signal }) => ending(locks.acquire(NAME, { signal })))
      await clock.advance(1)
      const releasing = first.release()
      await microtasks(turns)
      for (const controller of controllers) controller.abort('aborted')
      await clock.until(releasing)
      for (const end of await clock.until(Promise.all(waiting))) if ('value' in end) await end.value.release()
      await clock.advance(0)
      expect(await backend.store.inspect(NAME)).toBeNull()
    }
  })

  test('goes back, and is not handed on, while an extension of it is unresolved', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 20 })
    const first = await locks.acquire(NAME)
    backend.next('extend', hangs)
    expect(await clock.until(codeOf(first.extend(6_000)))).toBe('LOCK_INDETERMINATE')
    const second = locks.acquire(NAME)
    await clock.until(first.release())
    const next = await clock.until(second)
    expect(next.owner).not.toBe(first.owner)
  })

  test('and cannot be handed on for want of a fence goes back to the store', async () => {
    for (const fault of [requestLost, replyLost, hangs]) {
      const { clock, backend, locks } = world({ attemptTimeoutMs: 100 })
      const first = await locks.acquire(NAME)
      const second = locks.acquire(NAME)
      await clock.advance(1)
      backend.next('extend', fault)
      expect(await clock.until(first.release())).toBe('released')
      const next = await clock.until(second)
      expect(next.owner).not.toBe(first.owner)
      expect(next.fence).toBeGreaterThan(first.fence ?? Infinity)
    }
  })

  test('never gives a fence that was not reserved, though the one it was reserved for waits no more', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { clock, backend, locks, other } = world()
      const first = await locks.acquire(NAME)
      const controller = new AbortController()
      const aborted = ending(locks.acquire(NAME, { signal: controller.signal }))
      const reserving = gate()
      backend.next('extend', reserving.fault)
      void first.release()
      const second = locks.acquire(NAME)
      reserving.answer()
      await microtasks(turns)
      controller.abort()
      const end = await clock.until(aborted)
      if ('value' in end) await end.value.release()
      const next = await clock.until(second)
      await next.release()
      expect((await clock.until(other().acquire(NAME))).fence).toBeGreaterThan(next.fence ?? Infinity)
    }
  })

  test('never gives a fence that was not reserved, though one ends its wait in the moment of the release', async () => {
    const { clock, locks, other } = world({ handOver: { count: 10, ms: 5_000 } })
    const first = await locks.acquire(NAME)
    const controller = new AbortController()
    const second = locks.acquire(NAME)
    const aborted = ending(locks.acquire(NAME, { signal: controller.signal }))
    await clock.advance(1)
    // The release reserves two fences. The waiter of the second fence is about to abort.
    await clock.until(first.release())
    const holder = await clock.until(second)
    const third = locks.acquire(NAME)
    await clock.advance(1)
    controller.abort('aborted')
    void holder.release()
    expect(await aborted).toEqual({ error: 'aborted' })
    const next = await clock.until(third)
    expect(next.fence).toBeGreaterThan(holder.fence ?? Infinity)
    await next.release()
    expect((await clock.until(other().acquire(NAME))).fence).toBeGreaterThan(next.fence ?? Infinity)
  })

  test('whose next waiter aborts in the moment of the hand-over: its wait ends at once, though the store hangs', async () => {
    const { clock, backend, locks } = world({ handOver: { count: 10, ms: 5_000 } })
    const first = await locks.acquire(NAME)
    const controller = new AbortController()
    const second = locks.acquire(NAME)
    const ends: unknown[] = []
    void ending(locks.acquire(NAME, { signal: controller.signal })).then((end) => ends.push(end))
    await clock.advance(1)
    await clock.until(first.release())
    const holder = await clock.until(second)
    backend.always('release', hangs)
    void holder.release()
    controller.abort('aborted')
    await clock.advance(1)
    expect(ends).toEqual([{ error: 'aborted' }])
    expect(backend.calls('release')).toHaveLength(1)
  })

  test('is handed on within the wait of the next one only', async () => {
    const { clock, backend, locks } = world({ handOver: { ms: 60_000 } })
    const first = await locks.acquire(NAME, { ttlMs: 10_000 })
    const waiting = codeOf(locks.acquire(NAME, { waitMs: 100 }))
    await clock.advance(90)
    clock.jump({ monotonic: 20 })
    await clock.until(first.release())
    expect(await clock.until(waiting)).toBe('LOCK_BUSY')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})

describe('handing on is bounded, so that other processes are served:', () => {
  const busy = async (options: Partial<LockerOptions>, faulty: FaultyOptions = {}): Promise<number> => {
    const { clock, locks, other } = world(options, faulty)
    let rounds = 0
    let done = false
    const work = async (): Promise<void> => {
      while (!done) {
        const lease = await locks.acquire(NAME, { waitMs: Infinity })
        rounds++
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 2))
        await lease.release()
      }
    }
    const workers = [work(), work(), work(), work()]
    await clock.advance(20)
    const before = rounds
    const waiting = other().acquire(NAME)
    await clock.until(waiting)
    done = true
    const served = rounds - before
    await (await waiting).release()
    await clock.until(Promise.all(workers))
    return served
  }

  test('by time', async () => {
    expect(await busy({ handOver: { ms: 50, count: 1_000_000 } })).toBeLessThanOrEqual(60)
  })

  test('by count', async () => {
    expect(await busy({ handOver: { ms: 1_000_000, count: 10 } })).toBeLessThanOrEqual(24)
  })

  test('by count, also where there are no fences to count', async () => {
    const noFences = { capabilities: { fencing: false } }
    expect(await busy({ handOver: { ms: 1_000_000, count: 10 } }, noFences)).toBeLessThanOrEqual(24)
  })

  test('by none at all', async () => {
    expect(await busy({ handOver: { count: 0 } })).toBeLessThanOrEqual(4)
  })
})

test.each([4_000, 10_000, 60_000])(
  'a name that is granted by message is handed over too, with a ttl of %i',
  async (ttlMs) => {
    const clock = virtualClock()
    const store = memoryStore()
    const attempts: number[] = []
    const observer: LockObserver = { acquired: (event) => void attempts.push(event.attempts) }
    const lockers = [0, 1].map(() => createLocker({ backend: announcing(clock, store), clock, ttlMs, observer }))
    const work = (): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, 1))
    const all = lockers.flatMap((locks) => Array.from({ length: 100 }, () => locks.request(NAME, work)))
    await clock.until(Promise.all(all))
    expect(attempts.filter((each) => each === 0).length).toBeGreaterThan(150)
  },
)

test.each([
  ['until its first renewal for the time of a place', {}, 3_000],
  ['for its ttl, where it is to stay taken though its process ends at once', { minHoldMs: 60_000 }, 60_000],
])('a name that is granted by message is taken at the store %s', async (_, options, leastMs) => {
  const clock = virtualClock()
  const store = memoryStore()
  const [one, other] = [0, 1].map(() => createLocker({ backend: announcing(clock, store), clock })) as [Locker, Locker]
  const former = await one.acquire(NAME)
  const waiting = other.acquire(NAME, { ttlMs: 60_000, ...options })
  await clock.advance(1)
  await former.release()
  await clock.until(waiting)
  const remainingMs = (await one.inspect(NAME))?.holders[0]?.remainingMs ?? 0
  expect(remainingMs).toBeGreaterThan(leastMs - 10)
  expect(remainingMs).toBeLessThanOrEqual(leastMs)
})

describe('a name that is to stay taken though its process ends at once is taken at the store for its ttl', () => {
  const ways = { ttlMs: 60_000, minHoldMs: 60_000 }
  const pair = (): { clock: VirtualClock; one: Locker; other: Locker } => {
    const clock = virtualClock()
    const store = memoryStore()
    const [one, other] = [0, 1].map(() => createLocker({ backend: announcing(clock, store), clock })) as [
      Locker,
      Locker,
    ]
    return { clock, one, other }
  }
  const remainingOf = async (locks: Locker, name: string): Promise<number> =>
    (await locks.inspect(name))?.holders[0]?.remainingMs ?? 0

  test.each([[['a', 'b']], [['a', 'b', 'c']], [['b']]])('where %j are granted by message', async (names) => {
    const { clock, one, other } = pair()
    const former = await one.acquire('b')
    const waiting = other.acquire(names, ways)
    await clock.advance(2_000)
    await former.release()
    await clock.until(waiting)
    for (const name of names) expect(await remainingOf(one, name)).toBeGreaterThan(59_900)
  })

  test('where one of two is left to be acquired', async () => {
    const { clock, one, other } = pair()
    const former = await one.acquire('b')
    const outer = await other.acquire('a', { ttlMs: 60_000 })
    const waiting = other.acquire(['a', 'b'], { ...ways, within: outer })
    await clock.advance(100)
    await former.release()
    await clock.until(waiting)
    expect(await remainingOf(one, 'b')).toBeGreaterThan(59_900)
  })

  test('where another call of its locker was granted it by message, and releases it', async () => {
    const { clock, one, other } = pair()
    const former = await other.acquire(NAME, { ttlMs: 60_000 })
    const first = other.request(NAME, { ttlMs: 60_000 }, () => {})
    const second = other.acquire(NAME, ways)
    await clock.advance(1_300)
    await former.release()
    await clock.until(first)
    await clock.until(second)
    expect(await remainingOf(one, NAME)).toBeGreaterThan(59_900)
  })
})
