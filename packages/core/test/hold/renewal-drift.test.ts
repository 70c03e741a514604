import { describe, expect, test } from 'vitest'
import { createLocker } from '../../src/index.js'
import { faultyBackend } from '../support/backend.js'
import { virtualClock } from '../support/clock.js'
import { NAME } from '../support/world.js'
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
