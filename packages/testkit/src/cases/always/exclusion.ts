import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectThat, expectRefused, expectFree } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

/** A name that is held is not granted to another owner. */
export const exclusion: readonly ConformanceCase[] = [
  {
    id: 'exclusion/free-name',
    rule: 'refusal',
    title: 'a free name is granted to the first who asks',
    run: async ({ a, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await expectHeldBy(a, name, [mine.owner], 'after a grant')
    },
  },
  {
    id: 'exclusion/held-name',
    title: 'a held name is refused to everybody else',
    run: async ({ a, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      await expectRefused(a, claim(), 'another owner asks for a held name')
      await expectRefused(a, claim({ lineMs: LONG_MS }), 'another owner asks for a held name and would wait')
    },
  },
  {
    id: 'exclusion/other-handle',
    title: 'a name held through one handle is refused through the other one',
    run: async ({ a, b, named, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      await expectRefused(b, claim(), 'the name is held through the other handle')
      const name = named('/back')
      await expectGranted(b, claim({ name }), 'nobody holds the name')
      await expectRefused(a, claim({ name }), 'the name is held through the other handle')
    },
  },
  {
    id: 'exclusion/other-name',
    rule: 'refusal',
    title: 'a held name keeps nobody from another name',
    run: async ({ a, b, named, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      await expectGranted(a, claim({ name: named('/2') }), 'only another name is held')
      await expectGranted(b, claim({ name: named('/3') }), 'only other names are held')
    },
  },
  {
    id: 'exclusion/refusal-leaves-holder',
    title: 'a refused claim leaves the holder in place',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await expectRefused(b, claim(), 'another owner asks')
      await expectHeldBy(a, name, [mine.owner], 'after a refusal')
      await expectRefused(a, claim(), 'a third owner asks after a refusal')
    },
  },
  {
    id: 'exclusion/refusal-leaves-time',
    title: 'a refused claim neither prolongs nor shortens the lease',
    run: async ({ a, b, name, named, claim, ms, now, pass, outlive, before }) => {
      const ttlMs = ms(300)
      const start = now()
      await expectGranted(a, claim({ ttlMs }), 'nobody holds the name')
      await before(start + ttlMs, async () => {
        await expectRefused(b, claim({ ttlMs: 10 }), 'the lease lasts')
        await pass(ttlMs / 2)
        await expectRefused(b, claim(), 'a refused claim with a short ttl must not shorten the lease')
      })
      await outlive(ttlMs)
      await expectFree(a, name, 'a refused claim with a long ttl must not prolong the lease')
      await expectGranted(a, claim({ name: named('/2') }), 'another name')
    },
  },
  {
    id: 'exclusion/refusal-leaves-no-place',
    rule: 'place',
    title: 'a refused claim that does not want to wait is never granted later',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await expectRefused(b, claim(), 'the name is held')
      await a.release({ name, owner: mine.owner })
      await expectFree(a, name, 'the refused claim asked for one attempt only')
      await expectGranted(a, claim(), 'nobody holds the name and nobody waits')
    },
  },
  {
    id: 'exclusion/retry-after',
    rule: 'retry-after',
    title: 'a refusal names no time or one within the present lease',
    run: async ({ a, b, named, claim }) => {
      for (const ttlMs of [LONG_MS, 2 * LONG_MS]) {
        const name = named(`/${ttlMs}`)
        await expectGranted(a, claim({ name, ttlMs }), 'nobody holds the name')
        const { retryAfterMs } = await expectRefused(b, claim({ name }), 'the name is held')
        expectThat(
          retryAfterMs === null || (Number.isFinite(retryAfterMs) && retryAfterMs > 0 && retryAfterMs <= ttlMs),
          `retryAfterMs is null or within the rest of a lease of ${ttlMs} ms`,
          retryAfterMs,
        )
      }
    },
  },
]
