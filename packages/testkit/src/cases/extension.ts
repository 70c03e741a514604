import type { ConformanceCase } from '../case.js'
import { granted, heldBy, same, unheld } from '../expect.js'

/** Extend prolongs what is there. */
export const extension: readonly ConformanceCase[] = [
  {
    id: 'extension/prolongs',
    title: 'an extended lease outlives its first ttl',
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'nobody holds the name')
      const [outcome] = await before(start + mine.ttlMs, () => a.extend([wish({ owner: mine.owner })]))
      same(outcome?.status, 'extended', 'extend of a held lease')
      await outlive(mine.ttlMs)
      await heldBy(b, name, [mine.owner], 'after the first ttl')
    },
  },
  {
    id: 'extension/ends',
    title: 'an extended lease ends too',
    run: async ({ a, name, wish, ms, now, pass, outlive, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'nobody holds the name')
      await before(start + mine.ttlMs, async () => {
        await pass(mine.ttlMs / 2)
        same((await a.extend([mine]))[0]?.status, 'extended', 'extend of a held lease')
      })
      await outlive(mine.ttlMs)
      await unheld(a, name, 'an extension counts from the moment of the call, not from the old end')
    },
  },
  {
    id: 'extension/creates-nothing',
    title: 'extend never creates a lease',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      same(await a.extend([mine]), [{ status: 'lost' }], 'extend of a name that nobody ever held')
      await unheld(a, name, 'after an extend of nothing')
      await granted(b, wish(), 'nobody holds the name')
    },
  },
  {
    id: 'extension/again-and-again',
    title: 'a lease can be extended any number of times',
    run: async ({ a, b, name, wish, ms, now, pass, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      let since = now()
      await granted(a, mine, 'nobody holds the name')
      for (const handle of [a, b, a, b, a]) {
        since = await before(since + mine.ttlMs, async () => {
          await pass(mine.ttlMs / 2)
          const start = now()
          same((await handle.extend([mine]))[0]?.status, 'extended', 'extend of a lease extended before')
          return start
        })
      }
      await before(since + mine.ttlMs, () => heldBy(b, name, [mine.owner], 'after five extensions'))
    },
  },
]
