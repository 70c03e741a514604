import type { ConformanceCase } from '../../suite/case.js'
import {
  expectGranted,
  expectHeldBy,
  expectLost,
  expectRefused,
  expectSame,
  expectThat,
  fenceOf,
} from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

/** A claim with `steal` takes the name from its holder. */
export const steal: readonly ConformanceCase[] = [
  {
    id: 'steal/takes',
    title: 'a stealing claim is granted although the name is held',
    run: async ({ a, b, name, claim }) => {
      const stealing = claim({ steal: true })
      await expectGranted(a, claim(), 'nobody holds the name')
      await expectGranted(b, stealing, 'a claim that steals')
      await expectHeldBy(a, name, [stealing.owner], 'after a steal')
      await expectRefused(a, claim(), 'the stealing owner holds the name')
    },
  },
  {
    id: 'steal/victim-is-over',
    title: 'the owner who was stolen from can neither extend nor release',
    run: async ({ a, b, name, claim }) => {
      const victim = claim()
      const stealing = claim({ steal: true })
      await expectGranted(a, victim, 'nobody holds the name')
      await expectGranted(b, stealing, 'a claim that steals')
      expectLost(await a.extend([victim]), 'extend by the victim')
      await expectRefused(a, victim, 'the victim claims again')
      expectSame(await a.release({ name, owner: victim.owner }), 'not-held', 'release by the victim')
      await expectHeldBy(a, name, [stealing.owner], 'after every call of the former holder')
    },
  },
  {
    id: 'steal/free-name',
    title: 'a stealing claim on a free name is an ordinary grant that ends',
    run: async ({ a, b, claim, ms, outlive }) => {
      const stealing = claim({ steal: true, ttlMs: ms(100) })
      await expectGranted(a, stealing, 'nobody holds the name')
      await outlive(stealing.ttlMs)
      await expectGranted(b, claim(), 'the stolen lease has ended')
    },
  },
  {
    id: 'steal/fence',
    title: 'the fence of a steal is higher than that of the former holder, and a repeated steal keeps it',
    requires: ['fencing'],
    run: async ({ a, b, claim }) => {
      const before = fenceOf(await expectGranted(a, claim(), 'nobody holds the name'))
      const stealing = claim({ steal: true })
      const after = fenceOf(await expectGranted(b, stealing, 'a claim that steals'))
      expectThat(after > before, `the fence of a steal is higher than ${before}`, after)
      expectSame(
        fenceOf(await expectGranted(b, stealing, 'the stealing owner claims again')),
        after,
        'the fence of a repeated steal',
      )
    },
  },
  {
    id: 'steal/shared',
    title: 'an exclusive steal takes the name from all shared holders',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const readers = [claim({ mode: 'shared', limit: Infinity }), claim({ mode: 'shared', limit: Infinity })]
      for (const reader of readers) await expectGranted(a, reader, 'only readers')
      const stealing = claim({ steal: true })
      await expectGranted(b, stealing, 'a claim that steals')
      await expectHeldBy(a, name, [stealing.owner], 'after a steal from readers')
      expectLost(await a.extend(readers), 'extend by the readers', 2)
    },
  },
  {
    id: 'steal/own',
    title: 'an owner who steals its own lease is answered as for any claim: the same fence, and a refreshed ttl',
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      const { fence } = await expectGranted(a, mine, 'nobody holds the name')
      const again = { ...mine, ttlMs: LONG_MS, steal: true }
      const outcome = await before(start + ms(200), () => expectGranted(b, again, 'the owner claims again, and steals'))
      expectSame(outcome.fence, fence, 'the fence of an owner who steals its own lease')
      await outlive(ms(200))
      await expectHeldBy(a, name, [mine.owner], 'the owner claimed again, for longer')
    },
  },
  {
    id: 'steal/own-shared',
    title: 'a shared owner who claims again and steals takes nothing from the others',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const [mine, other] = [claim({ mode: 'shared', limit: Infinity }), claim({ mode: 'shared', limit: Infinity })]
      const { fence } = await expectGranted(a, mine, 'only readers')
      await expectGranted(b, other, 'only readers')
      const again = await expectGranted(b, { ...mine, steal: true }, 'the owner claims again, and steals')
      expectSame(again.fence, fence, 'the fence of an owner who steals its own lease')
      await expectHeldBy(a, name, [mine.owner, other.owner], 'both share the name')
    },
  },
  {
    id: 'steal/by-reader',
    title: 'a shared steal takes the name from all of its holders, in either mode, and admits later readers',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const reading = { mode: 'shared', limit: Infinity } as const
      const [writer, stealing, second] = [
        claim(),
        claim({ ...reading, steal: true }),
        claim({ ...reading, steal: true }),
      ]
      await expectGranted(a, writer, 'nobody holds the name')
      await expectGranted(b, stealing, 'a shared claim that steals')
      await expectHeldBy(a, name, [stealing.owner], 'after a shared steal from a writer')
      await expectGranted(b, second, 'another shared claim that steals')
      await expectHeldBy(a, name, [second.owner], 'after a shared steal from a reader')
      const later = claim(reading)
      await expectGranted(a, later, 'only readers')
      await expectHeldBy(b, name, [second.owner, later.owner], 'two readers')
      expectLost(await a.extend([writer]), 'extend by the writer')
    },
  },
]
