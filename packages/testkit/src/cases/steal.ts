import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, heldBy, keeps, refused, same } from '../expect.js'
import { LONG_MS } from '../world.js'

/** A claim with `steal` takes the name from whoever holds it. */
export const steal: readonly ConformanceCase[] = [
  {
    id: 'steal/takes',
    title: 'a stealing claim is granted although the name is held',
    run: async ({ a, b, name, wish }) => {
      const thief = wish({ steal: true })
      await granted(a, wish(), 'nobody holds the name')
      await granted(b, thief, 'a claim that steals')
      await heldBy(a, name, [thief.owner], 'after a theft')
      await refused(a, wish(), 'the thief holds the name')
    },
  },
  {
    id: 'steal/victim-is-over',
    title: 'the owner who was stolen from can neither extend nor release',
    run: async ({ a, b, name, wish }) => {
      const victim = wish()
      const thief = wish({ steal: true })
      await granted(a, victim, 'nobody holds the name')
      await granted(b, thief, 'a claim that steals')
      same(await a.extend([victim]), [{ status: 'lost' }], 'extend by the victim')
      await refused(a, victim, 'the victim claims again')
      same(await a.release({ name, owner: victim.owner }), 'not-held', 'release by the victim')
      await heldBy(a, name, [thief.owner], 'after everything that the victim tried')
    },
  },
  {
    id: 'steal/free-name',
    title: 'a stealing claim on a free name is an ordinary grant that ends',
    run: async ({ a, b, wish, ms, outlive }) => {
      const thief = wish({ steal: true, ttlMs: ms(100) })
      await granted(a, thief, 'nobody holds the name')
      await outlive(thief.ttlMs)
      await granted(b, wish(), 'the stolen lease has ended')
    },
  },
  {
    id: 'steal/fence',
    title: 'the fence of a theft is higher than the one of the victim, and a repeated theft keeps it',
    requires: ['fencing'],
    run: async ({ a, b, wish }) => {
      const before = fenceOf(await granted(a, wish(), 'nobody holds the name'))
      const thief = wish({ steal: true })
      const after = fenceOf(await granted(b, thief, 'a claim that steals'))
      keeps(after > before, `the fence of a theft is higher than ${before}`, after)
      same(fenceOf(await granted(b, thief, 'the thief claims again')), after, 'the fence of a repeated theft')
    },
  },
  {
    id: 'steal/shared',
    title: 'an exclusive theft takes the name from all shared holders',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const readers = [wish({ mode: 'shared', limit: Infinity }), wish({ mode: 'shared', limit: Infinity })]
      for (const reader of readers) await granted(a, reader, 'only readers')
      const thief = wish({ steal: true })
      await granted(b, thief, 'a claim that steals')
      await heldBy(a, name, [thief.owner], 'after a theft from readers')
      same(await a.extend(readers), [{ status: 'lost' }, { status: 'lost' }], 'extend by the readers')
    },
  },
  {
    id: 'steal/own',
    title: 'an owner who steals its own lease is answered as for any claim: the same fence, and a refreshed ttl',
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      const { fence } = await granted(a, mine, 'nobody holds the name')
      const again = { ...mine, ttlMs: LONG_MS, steal: true }
      const outcome = await before(start + ms(200), () => granted(b, again, 'the owner claims again, and steals'))
      same(outcome.fence, fence, 'the fence of an owner who steals its own lease')
      await outlive(ms(200))
      await heldBy(a, name, [mine.owner], 'the owner claimed again, for longer')
    },
  },
  {
    id: 'steal/own-shared',
    title: 'a shared owner who claims again and steals takes nothing from the others',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const [mine, other] = [wish({ mode: 'shared', limit: Infinity }), wish({ mode: 'shared', limit: Infinity })]
      const { fence } = await granted(a, mine, 'only readers')
      await granted(b, other, 'only readers')
      const again = await granted(b, { ...mine, steal: true }, 'the owner claims again, and steals')
      same(again.fence, fence, 'the fence of an owner who steals its own lease')
      await heldBy(a, name, [mine.owner, other.owner], 'both share the name')
    },
  },
  {
    id: 'steal/by-reader',
    title: 'a shared theft takes the name from all who hold it, in either mode, and lets later readers in',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const reading = { mode: 'shared', limit: Infinity } as const
      const [writer, thief, second] = [wish(), wish({ ...reading, steal: true }), wish({ ...reading, steal: true })]
      await granted(a, writer, 'nobody holds the name')
      await granted(b, thief, 'a shared claim that steals')
      await heldBy(a, name, [thief.owner], 'after a shared theft from a writer')
      await granted(b, second, 'another shared claim that steals')
      await heldBy(a, name, [second.owner], 'after a shared theft from a reader')
      const later = wish(reading)
      await granted(a, later, 'only readers')
      await heldBy(b, name, [second.owner, later.owner], 'two readers')
      same(await a.extend([writer]), [{ status: 'lost' }], 'extend by the writer')
    },
  },
]
