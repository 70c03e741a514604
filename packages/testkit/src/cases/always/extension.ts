import type { ConformanceCase } from '../../suite/case.js'
import { expectFree, expectGranted, expectHeldBy, expectLost, expectSame } from '../../suite/expect.js'

/** Extend prolongs what is there. */
export const extension: readonly ConformanceCase[] = [
  {
    id: 'extension/prolongs',
    title: 'an extended lease outlives its first ttl',
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      const [outcome] = await before(start + mine.ttlMs, () => a.extend([claim({ owner: mine.owner })]))
      expectSame(outcome?.status, 'extended', 'extend of a held lease')
      await outlive(mine.ttlMs)
      await expectHeldBy(b, name, [mine.owner], 'after the first ttl')
    },
  },
  {
    id: 'extension/ends',
    title: 'an extended lease ends too',
    run: async ({ a, name, claim, ms, now, pass, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      await before(start + mine.ttlMs, async () => {
        await pass(mine.ttlMs / 2)
        expectSame((await a.extend([mine]))[0]?.status, 'extended', 'extend of a held lease')
      })
      await outlive(mine.ttlMs)
      await expectFree(a, name, 'an extension counts from the moment of the call, not from the old end')
    },
  },
  {
    id: 'extension/creates-nothing',
    title: 'extend never creates a lease',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      expectLost(await a.extend([mine]), 'extend of a name that nobody ever held')
      await expectFree(a, name, 'after an extend of nothing')
      await expectGranted(b, claim(), 'nobody holds the name')
    },
  },
  {
    id: 'extension/again-and-again',
    title: 'a lease can be extended any number of times',
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      let since = now()
      await expectGranted(a, mine, 'nobody holds the name')
      for (const handle of [a, b, a, b, a]) {
        since = await before(since + mine.ttlMs, async () => {
          await pass(mine.ttlMs / 2)
          const start = now()
          expectSame((await handle.extend([mine]))[0]?.status, 'extended', 'extend of a lease extended before')
          return start
        })
      }
      await before(since + mine.ttlMs, () => expectHeldBy(b, name, [mine.owner], 'after five extensions'))
    },
  },
]
