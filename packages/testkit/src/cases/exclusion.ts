import type { ConformanceCase } from '../case.js'
import { granted, heldBy, keeps, refused, unheld } from '../expect.js'
import { LONG_MS } from '../world.js'

/** Nobody gets what somebody holds. */
export const exclusion: readonly ConformanceCase[] = [
  {
    id: 'exclusion/free-name',
    title: 'a free name is granted to the first who asks',
    run: async ({ a, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await heldBy(a, name, [mine.owner], 'after a grant')
    },
  },
  {
    id: 'exclusion/held-name',
    title: 'a held name is refused to everybody else',
    run: async ({ a, wish }) => {
      await granted(a, wish(), 'nobody holds the name')
      await refused(a, wish(), 'another owner asks for a held name')
      await refused(a, wish({ lineMs: LONG_MS }), 'another owner asks for a held name and would wait')
    },
  },
  {
    id: 'exclusion/other-handle',
    title: 'a name held through one handle is refused through the other one',
    run: async ({ a, b, named, wish }) => {
      await granted(a, wish(), 'nobody holds the name')
      await refused(b, wish(), 'the name is held through the other handle')
      const name = named('/back')
      await granted(b, wish({ name }), 'nobody holds the name')
      await refused(a, wish({ name }), 'the name is held through the other handle')
    },
  },
  {
    id: 'exclusion/other-name',
    title: 'a held name keeps nobody from another name',
    run: async ({ a, b, named, wish }) => {
      await granted(a, wish(), 'nobody holds the name')
      await granted(a, wish({ name: named('/2') }), 'only another name is held')
      await granted(b, wish({ name: named('/3') }), 'only other names are held')
    },
  },
  {
    id: 'exclusion/refusal-leaves-holder',
    title: 'a refused claim leaves the holder in place',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await refused(b, wish(), 'another owner asks')
      await heldBy(a, name, [mine.owner], 'after a refusal')
      await refused(a, wish(), 'a third owner asks after a refusal')
    },
  },
  {
    id: 'exclusion/refusal-leaves-time',
    title: 'a refused claim neither prolongs nor shortens the lease',
    run: async ({ a, b, name, named, wish, ms, now, pass, outlive, before }) => {
      const ttlMs = ms(300)
      const start = now()
      await granted(a, wish({ ttlMs }), 'nobody holds the name')
      await before(start + ttlMs, async () => {
        await refused(b, wish({ ttlMs: 10 }), 'the lease lasts')
        await pass(ttlMs / 2)
        await refused(b, wish(), 'a refused claim with a short ttl must not shorten the lease')
      })
      await outlive(ttlMs)
      await unheld(a, name, 'a refused claim with a long ttl must not prolong the lease')
      await granted(a, wish({ name: named('/2') }), 'another name')
    },
  },
  {
    id: 'exclusion/refusal-leaves-no-place',
    title: 'a refused claim that does not want to wait is never granted later',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await refused(b, wish(), 'the name is held')
      await a.release({ name, owner: mine.owner })
      await unheld(a, name, 'the refused claim asked for one attempt only')
      await granted(a, wish(), 'nobody holds the name and nobody waits')
    },
  },
  {
    id: 'exclusion/retry-after',
    title: 'a refusal names no time or one within the present lease',
    run: async ({ a, b, named, wish }) => {
      for (const ttlMs of [LONG_MS, 2 * LONG_MS]) {
        const name = named(`/${ttlMs}`)
        await granted(a, wish({ name, ttlMs }), 'nobody holds the name')
        const { retryAfterMs } = await refused(b, wish({ name }), 'the name is held')
        keeps(
          retryAfterMs === null || (Number.isFinite(retryAfterMs) && retryAfterMs > 0 && retryAfterMs <= ttlMs),
          `retryAfterMs is null or within the rest of a lease of ${ttlMs} ms`,
          retryAfterMs,
        )
      }
    },
  },
]
