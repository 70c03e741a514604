import { describe, expect, test } from 'vitest'
import { createLocker, type Lease, type LockerOptions } from '../src/index.js'
import { faultyBackend } from './support/backend.js'
import { virtualClock } from './support/clock.js'
import { gate, hangs, replyLost, requestLost } from './support/faults.js'
import { codeOf, ending, NAME, recorder, world } from './support/world.js'

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
      for (let i = 0; i < turns; i++) await undefined
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
    backend.next('extend', hangs, hangs, hangs)
    expect(await clock.until(codeOf(first.extend(1_000)))).toBe('LOCK_INDETERMINATE')
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
  const busy = async (options: Partial<LockerOptions>): Promise<number> => {
    const { clock, locks, other } = world(options)
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

  test('by none at all', async () => {
    expect(await busy({ handOver: { count: 0 } })).toBeLessThanOrEqual(4)
  })
})

describe('whoever is handed a lease', () => {
  test('holds it on its own terms', async () => {
    const { clock, backend, locks } = world()
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME, { maxHoldMs: 5_000, minHoldMs: 3_000 })
    await clock.advance(1)
    void first.release()
    const next = await clock.until(second)
    await clock.advance(1_000)
    await next.release()
    expect((await backend.store.inspect(NAME))?.holders[0]?.remainingMs).toBe(2_000)
  })

  test('loses it at its own maxHoldMs', async () => {
    const { clock, locks } = world()
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME, { maxHoldMs: 5_000 })
    await clock.advance(1)
    void first.release()
    const next = await clock.until(second)
    await clock.advance(4_999)
    expect(next.held).toBe(true)
    await clock.advance(1)
    expect(next.signal.aborted).toBe(true)
  })

  test('is not one with another ttl, or another mode', async () => {
    for (const options of [{ ttlMs: 3_000 }, { mode: 'shared' }, { renew: false }] as const) {
      const { clock, backend, locks } = world()
      const first = await locks.acquire(NAME)
      const second = locks.acquire(NAME, options)
      await clock.advance(1)
      void first.release()
      const next = await clock.until(second)
      expect(next.owner).not.toBe(first.owner)
      expect(backend.calls('acquire').length).toBeGreaterThan(1)
      expect([next.held, next.mode]).toEqual([true, 'mode' in options ? options.mode : 'exclusive'])
    }
  })

  test('never believes longer than the store holds it', async () => {
    const clock = virtualClock()
    const backend = faultyBackend(clock)
    const locks = createLocker({ backend, clock, ttlMs: 100 })
    const leases: Lease[] = []
    const work = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        const lease = await locks.acquire(NAME, { waitMs: Infinity })
        leases.push(lease)
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 7))
        await lease.release()
      }
    }
    const all = Promise.all([work(), work(), work()])
    let done = false
    void all.then(() => (done = true))
    while (!done) {
      await clock.advance(1)
      const believers = leases.filter(({ held }) => held)
      expect(believers.length).toBeLessThanOrEqual(1)
      const stored = (await backend.store.inspect(NAME))?.holders[0]
      for (const { owner, remainingMs } of believers) {
        expect(stored?.owner).toBe(owner)
        expect(remainingMs).toBeLessThanOrEqual(stored?.remainingMs ?? 0)
      }
    }
    expect(leases.length).toBe(90)
  })

  test('is told so by the observer, with no calls to the store', async () => {
    const { observer, events } = recorder()
    const { clock, locks } = world({ observer })
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME)
    await clock.advance(7)
    await first.release()
    const { fence } = await clock.until(second)
    expect(events.findLast(([hook]) => hook === 'acquired')?.[1]).toEqual({
      name: NAME,
      mode: 'exclusive',
      waitedMs: 7,
      attempts: 0,
      fence,
    })
  })

  test('has it taken away by close, in whichever moment', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { clock, backend, locks } = world()
      const first = await locks.acquire(NAME)
      const second = ending(locks.acquire(NAME))
      await clock.advance(1)
      const releasing = first.release()
      for (let i = 0; i < turns; i++) await undefined
      await clock.until(locks.close())
      await releasing
      const end = await second
      if ('value' in end) expect([end.value.held, end.value.signal.aborted]).toEqual([false, true])
      else expect(end.error).toMatchObject({ code: 'LOCK_CLOSED' })
      expect(await backend.store.inspect(NAME)).toBeNull()
      expect(clock.pending()).toBe(0)
    }
  })

  test('keeps it though the grant of a repeated call arrives late', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 200 })
    const late = gate()
    backend.next('acquire', late.fault)
    const firstAcquiring = locks.acquire(NAME)
    const second = locks.acquire(NAME)
    const first = await clock.until(firstAcquiring)
    await clock.until(first.release())
    const next = await clock.until(second)
    late.answer()
    await clock.advance(5_000)
    expect(next.held).toBe(true)
    expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(next.owner)
  })
})
