import { describe, expect, test } from 'vitest'
import { createLocker, type Lease } from '../../src/index.js'
import { faultyBackend } from '../support/backend.js'
import { microtasks, virtualClock } from '../support/clock.js'
import { gate, hangs } from '../support/faults.js'
import { ending, NAME, recorder, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

test('a release for a waiter is bounded like any other when the store hangs, beside the time of the hand-over', async () => {
  for (const ms of [50, Infinity]) {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 1_000, handOver: { ms } })
    const lease = await locks.acquire(NAME)
    void ending(locks.acquire(NAME))
    await clock.advance(10)
    backend.always('extend', hangs)
    backend.always('release', hangs)
    const since = clock.now()
    expect(await clock.until(lease.release())).toBe('unknown')
    expect(clock.now() - since).toBeLessThanOrEqual(2_000 + Math.min(ms, 1_000))
  }
})

describe('a waiter that cannot be handed the lease of its own locker takes its place at the store at once:', () => {
  test.each([
    ['a reader', { mode: 'shared' }],
    ['another ttl', { ttlMs: 20_000 }],
    ['without renewal', { renew: false }],
    ['with a name that is to stay taken', { minHoldMs: 1 }],
  ] as const)('%s', async (_, options) => {
    const { clock, locks, other } = world({ handOver: { ms: 5_000 } })
    const lease = await locks.acquire(NAME)
    const order: string[] = []
    const first = locks.request(NAME, options, () => void order.push('first'))
    await clock.advance(10)
    const later = other().request(NAME, () => void order.push('later'))
    await clock.advance(100)
    void lease.release()
    await clock.until(Promise.all([first, later]))
    expect(order).toEqual(['first', 'later'])
  })
})

describe('whoever is handed a lease', () => {
  test('holds it on its own terms', async () => {
    const { clock, backend, locks } = world()
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME, { maxHoldMs: 5_000 })
    await clock.advance(1)
    void first.release()
    const next = await clock.until(second)
    expect(backend.calls('acquire')).toHaveLength(1)
    expect(next.remainingMs).toBeLessThanOrEqual(5_000)
    await clock.advance(5_000)
    expect(next.held).toBe(false)
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

  test('and does not want it any more in the same moment gives it up at once, whatever its minHoldMs', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { clock, backend, locks } = world({}, { capabilities: { fencing: turns % 2 === 0 } })
      const first = await locks.acquire(NAME)
      const controller = new AbortController()
      const second = ending(locks.acquire(NAME, { signal: controller.signal, minHoldMs: 60_000 }))
      await clock.advance(1)
      const releasing = first.release()
      await microtasks(turns)
      controller.abort()
      const end = await clock.until(second)
      await clock.until(releasing)
      await clock.advance(1)
      const left = (await backend.store.inspect(NAME))?.holders[0]?.owner
      // The second caller either holds the name or has left nothing at the store.
      expect(left).toBe('value' in end ? end.value.owner : undefined)
    }
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

  test('and does not renew it has it for its whole ttl', async () => {
    for (const fencing of [true, false]) {
      const { clock, locks } = world({ renew: false, ttlMs: 100 }, { capabilities: { fencing } })
      const first = await locks.acquire(NAME)
      const waiting = [locks.acquire(NAME), locks.acquire(NAME), locks.acquire(NAME)]
      await clock.advance(5)
      void first.release()
      for (const each of waiting) {
        const next = await clock.until(each)
        expect(next.remainingMs).toBeGreaterThan(90)
        await clock.advance(20)
        void next.release()
      }
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

  test('is emitted to the observer, with no calls to the store', async () => {
    const { observer, events } = recorder()
    const { clock, locks } = world({ observer })
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME)
    await clock.advance(7)
    await first.release()
    const { fence } = await clock.until(second)
    expect(events.findLast(([hook]) => hook === 'acquired')?.[1]).toMatchObject({
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
      await microtasks(turns)
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

describe('a lease that was extended by hand to another time than its ttl', () => {
  test.each([60, 3_600_000])('goes back to the store, and the next holder has its own ttl: %i ms', async (ms) => {
    const { clock, locks, other } = world({ handOver: { ms: Infinity } })
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME)
    await clock.advance(1)
    await first.extend(ms)
    void first.release()
    const next = await clock.until(second)
    expect(next.remainingMs).toBeGreaterThan(9_800)
    expect((await other().inspect(NAME))?.holders[0]?.remainingMs).toBeLessThanOrEqual(10_000)
  })

  test('is no matter of the next holder: a handle that was released changes nothing', async () => {
    const { clock, backend, locks } = world({ handOver: { ms: Infinity } })
    const first = await locks.acquire(NAME)
    const [second, third] = [locks.acquire(NAME), locks.acquire(NAME)]
    await clock.advance(1)
    await first.release()
    const next = await clock.until(second)
    await ending(first.extend(5_000))
    await next.release()
    await clock.until(third)
    expect(backend.calls('release')).toEqual([])
  })

  test('is handed over when it was extended to its ttl', async () => {
    const { clock, backend, locks } = world({ handOver: { ms: Infinity } })
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME)
    await clock.advance(1)
    await first.extend(10_000)
    await first.release()
    await clock.until(second)
    expect(backend.calls('release')).toEqual([])
  })
})
