import { describe, expect, test } from 'vitest'
import { createLocker, type LockBackend, memoryBackend } from '../../src/index.js'
import { virtualClock } from '../support/clock.js'
import { slow } from '../support/faults.js'
import { NAME, recorder, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

const acquireMany = (locks: ReturnType<typeof world>['locks'], count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => locks.acquire(`n${i}`)))

describe('many leases are renewed together', () => {
  test('a hundred by one call', async () => {
    const { clock, backend, locks } = world()
    await acquireMany(locks, 250)
    await clock.advance(3_400)
    expect(backend.calls('extend').map(({ size }) => size)).toEqual([100, 100, 50])
  })

  test('also when they were acquired one after the other', async () => {
    const { clock, backend, locks } = world()
    for (let i = 0; i < 100; i++) {
      await locks.acquire(`n${i}`)
      await clock.advance(10)
    }
    await clock.advance(20_000)
    expect(backend.calls('extend').length).toBeLessThan(2 * 7)
  })

  test('ten thousand, with few commands and without a timer of their own', async () => {
    const { clock, backend, locks } = world({ ttlMs: 30_000 })
    const leases = await acquireMany(locks, 10_000)
    const timers = clock.timersSet()
    await clock.advance(60_500)
    const calls = backend.calls('extend')
    expect(calls.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThanOrEqual(60_000 - 10_000)
    expect(Math.max(...calls.map(({ size }) => size))).toBe(100)
    expect(calls.length).toBeLessThanOrEqual(700)
    expect(clock.timersSet() - timers).toBeLessThan(calls.length * 4)
    expect(clock.pending()).toBeLessThanOrEqual(3)
    expect(leases.every(({ held }) => held)).toBe(true)
  })

  test('and what became of one is no matter of the others', async () => {
    const { clock, backend, locks } = world()
    const leases = await acquireMany(locks, 10)
    await backend.store.evict('n3')
    await backend.store.evict('n7')
    await clock.advance(3_400)
    expect(leases.map(({ held }) => held)).toEqual(leases.map(({ name }) => name !== 'n3' && name !== 'n7'))
    await clock.advance(60_000)
    expect(leases.filter(({ held }) => held).length).toBe(8)
  })

  test('and an answer that is unknown for one is asked for again for that one', async () => {
    const clock = virtualClock()
    const memory = memoryBackend({ clock })
    const sizes: number[] = []
    const backend: LockBackend = {
      ...memory,
      extend: async (claims) => {
        sizes.push(claims.length)
        const outcomes = await memory.extend(claims)
        if (sizes.length > 1) return outcomes
        return outcomes.map((each, i) => (i === 1 ? { status: 'unknown', cause: new Error('a node is down') } : each))
      },
    }
    const locks = createLocker({ backend, clock })
    const leases = await Promise.all(['a', 'b', 'c'].map((name) => locks.acquire(name)))
    await clock.advance(9_000)
    expect(sizes.slice(0, 2)).toEqual([3, 1])
    expect(leases.every(({ held }) => held)).toBe(true)
  })

  test('and outcomes that are missing count as unknown', async () => {
    const clock = virtualClock()
    const memory = memoryBackend({ clock })
    let calls = 0
    const backend: LockBackend = {
      ...memory,
      extend: async (claims) => (++calls === 1 ? [] : memory.extend(claims)),
    }
    const locks = createLocker({ backend, clock })
    const lease = await locks.acquire(NAME)
    await clock.advance(30_000)
    expect(lease.held).toBe(true)
  })

  test('but a lease of a tenth of a second does not cut short the renewal of one of ten seconds', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ observer })
    const long = await locks.acquire('long', { ttlMs: 10_000 })
    await clock.advance(3_300)
    await locks.acquire('short', { ttlMs: 100 })
    backend.always('extend', slow(15, 15))
    await clock.advance(10_000)
    expect(long.held).toBe(true)
    const failed = events.filter(([hook, { name }]) => hook === 'renewalFailed' && name === 'long')
    expect(failed).toEqual([])
  })
})
