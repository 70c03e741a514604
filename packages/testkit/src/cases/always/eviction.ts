import type { ConformanceCase } from '../../suite/case.js'
import {
  expectFree,
  expectGranted,
  expectHeldBy,
  expectLost,
  expectRefused,
  expectSame,
  expectThat,
  fenceOf,
} from '../../suite/expect.js'

/** The operator's way to free a name. */
export const eviction: readonly ConformanceCase[] = [
  {
    id: 'eviction/frees',
    title: 'evict frees a name of any holder',
    run: async ({ a, b, name, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      expectSame(await b.evict(name), true, 'evict of a held name')
      await expectFree(a, name, 'after evict')
      await expectGranted(b, claim(), 'the name was evicted')
    },
  },
  {
    id: 'eviction/nothing',
    title: 'evict of a free name answers false and creates nothing',
    run: async ({ a, b, name, claim }) => {
      expectSame(await a.evict(name), false, 'evict of a name that nobody ever held')
      await expectFree(a, name, 'after evict of nothing')
      await expectGranted(b, claim(), 'nobody holds the name')
      await a.evict(name)
      expectSame(await a.evict(name), false, 'the second evict')
    },
  },
  {
    id: 'eviction/owner-is-over',
    title: 'an evicted owner can neither extend nor release',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await b.evict(name)
      expectLost(await a.extend([mine]), 'extend by an evicted owner')
      expectSame(await a.release({ name, owner: mine.owner }), 'not-held', 'release by an evicted owner')
    },
  },
  {
    id: 'eviction/successor',
    title: 'an evicted owner does not touch its successor',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const successor = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await b.evict(name)
      await expectGranted(b, successor, 'the name was evicted')
      await a.extend([mine])
      await expectRefused(a, mine, 'the evicted owner claims again')
      await a.release({ name, owner: mine.owner })
      await expectHeldBy(a, name, [successor.owner], 'after everything that the evicted owner tried')
    },
  },
  {
    id: 'eviction/one-name',
    title: 'evict frees one name and no other',
    run: async ({ a, b, name, named, claim }) => {
      const others = [named('/2'), named('{2}'), `${name} `].map((other) => claim({ name: other }))
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const other of others) await expectGranted(a, other, 'nobody holds the name')
      await b.evict(name)
      for (const other of others) await expectHeldBy(b, other.name, [other.owner], 'another name was evicted')
      for (const other of others) await a.release({ name: other.name, owner: other.owner })
    },
  },
  {
    id: 'eviction/fence',
    title: 'fences go on after evict',
    requires: ['fencing'],
    run: async ({ a, b, name, claim }) => {
      const before = fenceOf(await expectGranted(a, claim(), 'nobody holds the name'))
      await b.evict(name)
      const after = fenceOf(await expectGranted(b, claim(), 'the name was evicted'))
      expectThat(after > before, `the first fence after evict is higher than ${before}`, after)
    },
  },
  {
    id: 'eviction/shared',
    title: 'evict frees a name from all of its shared holders',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      for (const handle of [a, b, a])
        await expectGranted(handle, claim({ mode: 'shared', limit: Infinity }), 'only readers')
      expectSame(await b.evict(name), true, 'evict of a shared name')
      await expectGranted(b, claim(), 'the name was evicted')
    },
  },
]
