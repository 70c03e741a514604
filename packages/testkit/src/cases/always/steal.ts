import type { ConformanceCase } from '../../suite/case.js'
import { fenceOf, expectGranted, expectHeldBy, expectThat, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

/** A claim with `steal` takes the name from whoever holds it. */
export const steal: readonly ConformanceCase[] = [
  {
    id: 'steal/takes',
    title: 'a stealing claim is granted although the name is held',
    run: async ({ a, b, name, claim }) => {
      const thief = claim({ steal: true })
      await expectGranted(a, claim(), 'nobody holds the name')
      await expectGranted(b, thief, 'a claim that steals')
      await expectHeldBy(a, name, [thief.owner], 'after a theft')
      await expectRefused(a, claim(), 'the thief holds the name')
    },
  },
  {
    id: 'steal/victim-is-over',
    title: 'the owner who was stolen from can neither extend nor release',
    run: async ({ a, b, name, claim }) => {
      const victim = claim()
      const thief = claim({ steal: true })
      await expectGranted(a, victim, 'nobody holds the name')
      await expectGranted(b, thief, 'a claim that steals')
      expectSame(await a.extend([victim]), [{ status: 'lost' }], 'extend by the victim')
      await expectRefused(a, victim, 'the victim claims again')
      expectSame(await a.release({ name, owner: victim.owner }), 'not-held', 'release by the victim')
      await expectHeldBy(a, name, [thief.owner], 'after everything that the victim tried')
    },
  },
  {
    id: 'steal/free-name',
    title: 'a stealing claim on a free name is an ordinary grant that ends',
    run: async ({ a, b, claim, ms, outlive }) => {
      const thief = claim({ steal: true, ttlMs: ms(100) })
      await expectGranted(a, thief, 'nobody holds the name')
      await outlive(thief.ttlMs)
      await expectGranted(b, claim(), 'the stolen lease has ended')
    },
  },
  {
    id: 'steal/fence',
    title: 'the fence of a theft is higher than the one of the victim, and a repeated theft keeps it',
    requires: ['fencing'],
    run: async ({ a, b, claim }) => {
      const before = fenceOf(await expectGranted(a, claim(), 'nobody holds the name'))
      const thief = claim({ steal: true })
      const after = fenceOf(await expectGranted(b, thief, 'a claim that steals'))
      expectThat(after > before, `the fence of a theft is higher than ${before}`, after)
      expectSame(
        fenceOf(await expectGranted(b, thief, 'the thief claims again')),
        after,
        'the fence of a repeated theft',
      )
    },
  },
  {
    id: 'steal/shared',
    title: 'an exclusive theft takes the name from all shared holders',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const readers = [claim({ mode: 'shared', limit: Infinity }), claim({ mode: 'shared', limit: Infinity })]
      for (const reader of readers) await expectGranted(a, reader, 'only readers')
      const thief = claim({ steal: true })
      await expectGranted(b, thief, 'a claim that steals')
      await expectHeldBy(a, name, [thief.owner], 'after a theft from readers')
      expectSame(await a.extend(readers), [{ status: 'lost' }, { status: 'lost' }], 'extend by the readers')
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
    title: 'a shared theft takes the name from all who hold it, in either mode, and lets later readers in',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const reading = { mode: 'shared', limit: Infinity } as const
      const [writer, thief, second] = [claim(), claim({ ...reading, steal: true }), claim({ ...reading, steal: true })]
      await expectGranted(a, writer, 'nobody holds the name')
      await expectGranted(b, thief, 'a shared claim that steals')
      await expectHeldBy(a, name, [thief.owner], 'after a shared theft from a writer')
      await expectGranted(b, second, 'another shared claim that steals')
      await expectHeldBy(a, name, [second.owner], 'after a shared theft from a reader')
      const later = claim(reading)
      await expectGranted(a, later, 'only readers')
      await expectHeldBy(b, name, [second.owner, later.owner], 'two readers')
      expectSame(await a.extend([writer]), [{ status: 'lost' }], 'extend by the writer')
    },
  },
]
