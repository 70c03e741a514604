import { describe, expect, test } from 'vitest'
import { slow } from '../support/faults.js'
import { codeOf, NAME, world } from '../support/world.js'

describe('waiters of one process whose waits end together', () => {
  test.each([
    [2, 0],
    [5, 0],
    [2, 0.01],
    [5, 0.01],
  ])('are %d times LOCK_BUSY, and send no command after it, called %d ms apart', async (count, apartMs) => {
    const WAIT_MS = 100
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    backend.always('acquire', slow(1, 1))
    const before = clock.now()
    const waiting = Array.from({ length: count }, () => {
      const waits = codeOf(locks.acquire(NAME, { waitMs: WAIT_MS }))
      clock.jump({ monotonic: apartMs })
      return waits
    })
    const codes = await clock.until(Promise.all(waiting))
    expect(codes).toEqual(waiting.map(() => 'LOCK_BUSY'))
    // A timer rounds to whole milliseconds, so that the wait may end 1 ms late.
    expect(clock.now() - before).toBeLessThanOrEqual(WAIT_MS + 1)
    await clock.advance(10_000)
    const asked = backend.calls('acquire').map(({ at }) => at - before)
    expect(Math.max(...asked)).toBeLessThanOrEqual(WAIT_MS - 1)
    expect((await backend.store.inspect(NAME))?.waiting).toBe(0)
  })
})
