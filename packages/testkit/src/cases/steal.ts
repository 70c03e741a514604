import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, heldBy, keeps, refused, same } from '../expect.js'

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
]
