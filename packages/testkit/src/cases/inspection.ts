import type { ConformanceCase } from '../case.js'
import { granted, heldBy, keeps, refused, same, unheld } from '../expect.js'

/** Looking changes nothing. */
export const inspection: readonly ConformanceCase[] = [
  {
    id: 'inspection/free-name',
    title: 'a free name is shown as null, and looking at it creates nothing',
    run: async ({ a, b, name, wish }) => {
      await unheld(a, name, 'nobody ever held the name')
      await unheld(b, name, 'somebody looked at the name')
      await granted(b, wish(), 'somebody looked at the name')
    },
  },
  {
    id: 'inspection/holder',
    title: 'a held name is shown with mode and owner, through both handles',
    run: async ({ a, b, name, wish, owner }) => {
      const mine = wish({ owner: owner('label of mine') })
      await granted(a, mine, 'nobody holds the name')
      for (const handle of [a, b]) {
        const seen = await handle.inspect(name)
        same([seen?.name, seen?.mode], [name, 'exclusive'], 'name and mode of an exclusive lease')
        await heldBy(handle, name, [mine.owner], 'an exclusive lease')
      }
    },
  },
  {
    id: 'inspection/remaining',
    title: 'what remains of a lease is shown in milliseconds and shrinks',
    run: async ({ a, b, name, wish, pass }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const before = (await b.inspect(name))?.holders[0]?.remainingMs ?? Number.NaN
      keeps(before > mine.ttlMs / 2 && before <= mine.ttlMs, `what remains of ${mine.ttlMs} ms`, before)
      await pass(50)
      const after = (await b.inspect(name))?.holders[0]?.remainingMs ?? Number.NaN
      keeps(after <= before - 25, `what remains 50 ms later, after ${before} ms`, after)
    },
  },
  {
    id: 'inspection/refreshes-nothing',
    title: 'looking at a lease does not prolong it',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const ttlMs = ms(150)
      await granted(a, wish({ ttlMs }), 'nobody holds the name')
      await b.inspect(name)
      await outlive(ttlMs)
      await unheld(b, name, 'after the ttl')
    },
  },
  {
    id: 'inspection/frees-nothing',
    title: 'looking at a lease does not end it',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      for (const handle of [a, b, a]) await heldBy(handle, name, [mine.owner], 'somebody looked')
      await refused(b, wish(), 'somebody looked')
    },
  },
]
