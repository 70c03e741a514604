import { describe, expect, test } from 'vitest'
import { hangs } from '../support/faults.js'
import { codeOf, NAME, world } from '../support/world.js'

describe('without attemptTimeoutMs a call to the store is bounded', () => {
  test.each([
    ['by the ttl, where that is short', 600, 600],
    ['by a second', 2_000, 1_000],
    ['by a third of the ttl', 9_000, 3_000],
    ['by a third of the ttl, up to ten seconds', 30_000, 10_000],
    ['by ten seconds, where the ttl is long', 600_000, 10_000],
  ])('%s', async (_, ttlMs, boundMs) => {
    // The ttl of the locker, or that of the call.
    for (const [defaults, options] of [
      [{ ttlMs }, {}],
      [{}, { ttlMs }],
    ]) {
      const { clock, backend, locks } = world(defaults)
      backend.always('acquire', hangs)
      const before = clock.now()
      expect(await clock.until(codeOf(locks.tryAcquire(NAME, options)))).toBe('LOCK_INDETERMINATE')
      expect(clock.now() - before).toBe(boundMs)
    }
  })
})
