import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused, expectThat } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

/** The places last longer than the lease: a store must not take their end for the end of the lease. */
const [TTL_MS, LINE_MS] = [LONG_MS, 4 * LONG_MS]

/** The time after which a claim in line is advised to ask again. */
export const lineTimes: readonly ConformanceCase[] = [
  {
    id: 'line/retry-after',
    rule: 'retry-after',
    title: 'a refusal names no time or one within the present lease, whichever the place in line',
    requires: ['line'],
    run: async ({ a, b, claim }) => {
      await expectGranted(a, claim({ ttlMs: TTL_MS }), 'nobody holds the name')
      await askEach(
        b,
        Array.from({ length: 6 }, () => claim({ lineMs: LINE_MS })),
      )
    },
  },
  {
    id: 'shared-line/retry-after',
    rule: 'retry-after',
    title: 'a refusal of any mode names no time or one within the present leases, whichever the place in line',
    requires: ['shared', 'line'],
    run: async ({ a, b, named, claim }) => {
      for (const held of ['exclusive', 'shared'] as const) {
        const name = named(`/${held}`)
        const holding = { name, ttlMs: TTL_MS, mode: held, limit: held === 'shared' ? Infinity : 1 }
        await expectGranted(a, claim(holding), 'nobody holds the name')
        if (held === 'shared') await expectGranted(a, claim(holding), 'only readers')
        const waiting = { name, lineMs: LINE_MS }
        await askEach(b, [
          claim(waiting),
          claim({ ...waiting, mode: 'shared', limit: Infinity }),
          claim({ ...waiting, mode: 'shared', limit: 2 }),
          claim(waiting),
          claim({ ...waiting, mode: 'shared', limit: 1 }),
          claim({ ...waiting, mode: 'shared', limit: Infinity }),
        ])
      }
    },
  },
]

/** Lets each claim take its place, then ask again. */
async function askEach(backend: LockBackend, claims: readonly Claim[]): Promise<void> {
  for (const [index, each] of [...claims, ...claims].entries()) {
    const { retryAfterMs } = await expectRefused(backend, each, 'the name is held')
    expectThat(
      retryAfterMs === null || (retryAfterMs > 0 && retryAfterMs <= TTL_MS),
      `retryAfterMs of number ${(index % claims.length) + 1} in line is null or within the rest of a lease of ${TTL_MS} ms`,
      retryAfterMs,
    )
  }
}
