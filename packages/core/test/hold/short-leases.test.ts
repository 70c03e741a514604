import { describe, expect, test } from 'vitest'
import { NAME, world } from '../support/world.js'

// The clock margin of a lease that lasts less than its ttl follows from its real length, not from its ttl.
describe('a lease of a very long ttl', () => {
  test.each([120_000, 201_000, 240_000, 299_000, 2_000_000])(
    'of %d ms that was granted by a turn is renewed like any other',
    async (ttlMs) => {
      const { clock, locks, other } = world()
      // The first wait begins the watch, so that only the second wait has it from the start.
      for (let round = 0; round < 2; round++) {
        const held = await other().acquire(NAME, { ttlMs })
        const waiting = locks.acquire(NAME, { ttlMs })
        await clock.advance(200)
        await held.release()
        const lease = await clock.until(waiting)
        await clock.advance(5_000)
        expect(lease.held).toBe(true)
        await lease.release()
      }
    },
  )

  test('that was extended by hand is not cut short by a renewal, whatever failed since', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME, { ttlMs: 10_000 })
    await lease.extend(60_000)
    await clock.advance(1_000)
    expect(lease.remainingMs).toBeGreaterThan(58_000)
    await clock.advance(40_000)
    expect(lease.remainingMs).toBeGreaterThan(8_000)
    await clock.advance(100_000)
    expect(lease.held).toBe(true)
  })
})
