import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, heldBy, keeps, refused, same, unheld } from '../expect.js'

/** The operator's way to free a name. */
export const eviction: readonly ConformanceCase[] = [
  {
    id: 'eviction/frees',
    title: 'evict frees a name whoever holds it',
    run: async ({ a, b, name, wish }) => {
      await granted(a, wish(), 'nobody holds the name')
      same(await b.evict(name), true, 'evict of a held name')
      await unheld(a, name, 'after evict')
      await granted(b, wish(), 'the name was evicted')
    },
  },
  {
    id: 'eviction/nothing',
    title: 'evict of a free name answers false and creates nothing',
    run: async ({ a, b, name, wish }) => {
      same(await a.evict(name), false, 'evict of a name that nobody ever held')
      await unheld(a, name, 'after evict of nothing')
      await granted(b, wish(), 'nobody holds the name')
      await a.evict(name)
      same(await a.evict(name), false, 'the second evict')
    },
  },
  {
    id: 'eviction/owner-is-over',
    title: 'an evicted owner can neither extend nor release',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await b.evict(name)
      same(await a.extend([mine]), [{ status: 'lost' }], 'extend by an evicted owner')
      same(await a.release({ name, owner: mine.owner }), 'not-held', 'release by an evicted owner')
    },
  },
  {
    id: 'eviction/successor',
    title: 'an evicted owner does not touch its successor',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const successor = wish()
      await granted(a, mine, 'nobody holds the name')
      await b.evict(name)
      await granted(b, successor, 'the name was evicted')
      await a.extend([mine])
      await refused(a, mine, 'the evicted owner claims again')
      await a.release({ name, owner: mine.owner })
      await heldBy(a, name, [successor.owner], 'after everything that the evicted owner tried')
    },
  },
  {
    id: 'eviction/one-name',
    title: 'evict frees one name and no other',
    run: async ({ a, b, name, named, wish }) => {
      const others = [named('/2'), named('{2}'), `${name} `].map((other) => wish({ name: other }))
      await granted(a, wish(), 'nobody holds the name')
      for (const other of others) await granted(a, other, 'nobody holds the name')
      await b.evict(name)
      for (const other of others) await heldBy(b, other.name, [other.owner], 'another name was evicted')
      for (const other of others) await a.release({ name: other.name, owner: other.owner })
    },
  },
  {
    id: 'eviction/fence',
    title: 'fences go on after evict',
    requires: ['fencing'],
    run: async ({ a, b, name, wish }) => {
      const before = fenceOf(await granted(a, wish(), 'nobody holds the name'))
      await b.evict(name)
      const after = fenceOf(await granted(b, wish(), 'the name was evicted'))
      keeps(after > before, `the first fence after evict is higher than ${before}`, after)
    },
  },
  {
    id: 'eviction/shared',
    title: 'evict frees a name from all of its shared holders',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      for (const handle of [a, b, a]) await granted(handle, wish({ mode: 'shared', limit: Infinity }), 'only readers')
      same(await b.evict(name), true, 'evict of a shared name')
      await granted(b, wish(), 'the name was evicted')
    },
  },
]
