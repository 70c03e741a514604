import { describe, expect, test } from 'vitest'
import { createLocker, type Lease } from '../../src/index.js'
import { faultyBackend } from '../support/backend.js'
import { virtualClock } from '../support/clock.js'
import { slow } from '../support/faults.js'
import { NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

describe('ten thousand renewals at a ttl of 50 ms', () => {
  test('do not drift, and never overlap; nothing grows', async () => {
    const clock = virtualClock()
    const backend = faultyBackend(clock)
    const locks = createLocker({ backend, clock, ttlMs: 50 })
    const lease = await locks.acquire(NAME)
    const start = clock.now()
    await clock.advance(170_000)
    const sent = backend.calls('extend').map(({ at }) => at)
    expect(sent.length).toBeGreaterThan(9_990)
    expect(sent.length).toBeLessThan(10_300)
    expect(Math.max(...sent.map((at, i) => at - (sent[i - 1] ?? start)))).toBeLessThanOrEqual(17)
    expect(backend.mostInFlight('extend')).toBe(1)
    expect(lease.held).toBe(true)
    expect(clock.pending()).toBeLessThanOrEqual(3)
    expect(clock.timersSet()).toBeLessThan(4 * sent.length)
  })
})

test('renewals that wait for their batch are not lost when the wall clock is set back by a little', async () => {
  const { backend, clock, locks } = world()
  const leases: Lease[] = []
  for (let i = 0; i < 250; i++) leases.push(await locks.acquire(`n${i}`))
  for (const { signal } of leases) expect(signal.aborted).toBe(false)
  backend.always('extend', slow(20, 20))
  await clock.advance(2_990)
  // The wall clock jumps ahead: the next look at the clocks makes all renewals due.
  clock.jump({ monotonic: 0, wall: 340 })
  for (let isBack = false; !isBack; isBack = backend.calls('extend').length > 0) await clock.step(clock.now() + 1_000)
  clock.jump({ monotonic: 0, wall: -10 })
  await clock.advance(9_000)
  expect(leases.filter(({ held }) => held)).toHaveLength(250)
})

test.each([700_000, 3_600_000])('a lease that was extended by hand to %i ms is renewed before its end', async (ms) => {
  const { clock, locks } = world()
  const lease = await locks.acquire(NAME)
  await lease.extend(ms)
  await clock.advance(ms + 60_000)
  expect(lease.held).toBe(true)
})
