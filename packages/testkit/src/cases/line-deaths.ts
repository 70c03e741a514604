import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same } from '../expect.js'
import { LONG_MS } from '../world.js'

/** Those who wait may die. The living come to their turn all the same. */
export const lineDeaths: readonly ConformanceCase[] = [
  {
    id: 'line/place-ends',
    title: 'a place that nobody refreshes is lost after lineMs',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const first = wish()
      const dead = wish({ lineMs: ms(100) })
      await granted(a, first, 'nobody holds the name')
      await refused(b, dead, 'the name is held')
      await outlive(ms(100))
      await a.release({ name, owner: first.owner })
      await granted(a, wish(), 'the only place in line has ended')
    },
  },
  {
    id: 'line/place-lasts',
    title: 'a place in line lasts for the whole of its lineMs',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, now, pass, before }) => {
      const first = wish()
      const head = wish({ lineMs: ms(400) })
      const start = now()
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await before(start + ms(400), async () => {
        await pass(ms(250))
        await a.release({ name, owner: first.owner })
        await refused(a, wish(), 'the place in line has not ended')
        await granted(b, head, 'its turn has come')
      })
    },
  },
  {
    id: 'line/place-is-not-a-ttl',
    title: 'a place in line may last longer than the ttl of its claim',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const first = wish()
      const head = wish({ ttlMs: ms(150), lineMs: LONG_MS })
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await outlive(head.ttlMs)
      const start = now()
      await a.release({ name, owner: first.owner })
      await before(start + head.ttlMs, () => refused(a, wish(), 'the head of the line comes first'))
    },
  },
  {
    id: 'line/back-of-the-line',
    title: 'who lost its place stands behind those who came in the meantime',
    requires: ['line'],
    run: async ({ a, b, wish, ms, outlive }) => {
      const late = wish({ lineMs: ms(100) })
      const other = wish({ lineMs: LONG_MS })
      await granted(a, wish(), 'nobody holds the name')
      await refused(b, late, 'the name is held')
      await outlive(ms(100))
      await refused(b, other, 'the name is held')
      same((await refused(b, { ...late, lineMs: LONG_MS }, 'the name is held')).ahead, 1, 'ahead of who came back late')
      same((await refused(b, other, 'the name is held')).ahead, 0, 'ahead of who came in the meantime')
    },
  },
  {
    id: 'line/unconfirmed-passes-on',
    title: 'a grant that the head does not confirm goes to the next within lineMs',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const first = wish()
      const dead = wish({ lineMs: ms(200) })
      const living = wish({ lineMs: LONG_MS })
      await granted(a, first, 'nobody holds the name')
      await b.acquire(dead)
      await refused(b, living, 'the name is held')
      await a.release({ name, owner: first.owner })
      await outlive(ms(200))
      await granted(b, living, 'the head did not confirm within its lineMs')
      await heldBy(a, name, [living.owner], 'after a dead head')
    },
  },
  {
    id: 'line/many-deaths',
    title: 'dead waiters cost the living one lineMs in total, however many died',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const first = wish()
      const living = wish({ lineMs: LONG_MS })
      await granted(a, first, 'nobody holds the name')
      for (let count = 0; count < 6; count++) await b.acquire(wish({ lineMs: ms(200) }))
      await refused(a, living, 'the name is held')
      await a.release({ name, owner: first.owner })
      await outlive(ms(200))
      await granted(a, living, `six dead waiters with places of ${ms(200)} ms delayed the living for longer than that`)
    },
  },
  {
    id: 'line/deaths-asked-about',
    title: 'the living do not prolong the grant of a dead head by asking',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, now, pass, outlive }) => {
      const first = wish()
      const living = wish({ lineMs: LONG_MS })
      await granted(a, first, 'nobody holds the name')
      for (let count = 0; count < 3; count++) await b.acquire(wish({ lineMs: ms(200) }))
      await a.acquire(living)
      await a.release({ name, owner: first.owner })
      const end = now() + ms(200)
      while (now() < end) {
        const outcome = await a.acquire(living)
        if (outcome.acquired) return
        await pass(ms(40))
      }
      await outlive(0)
      await granted(a, living, 'dead waiters delayed a living one, who asked all the time, for longer than lineMs')
    },
  },
]
