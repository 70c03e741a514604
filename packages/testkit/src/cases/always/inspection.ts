import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectThat, expectRefused, expectSame, expectFree } from '../../suite/expect.js'

/** Inspecting changes nothing. */
export const inspection: readonly ConformanceCase[] = [
  {
    id: 'inspection/free-name',
    title: 'a free name is shown as null, and looking at it creates nothing',
    run: async ({ a, b, name, claim }) => {
      await expectFree(a, name, 'nobody ever held the name')
      await expectFree(b, name, 'somebody looked at the name')
      await expectGranted(b, claim(), 'somebody looked at the name')
    },
  },
  {
    id: 'inspection/holder',
    title: 'a held name is shown with mode and owner, through both handles',
    run: async ({ a, b, name, claim, owner }) => {
      const mine = claim({ owner: owner('label of mine') })
      await expectGranted(a, mine, 'nobody holds the name')
      for (const handle of [a, b]) {
        const seen = await handle.inspect(name)
        expectSame([seen?.name, seen?.mode], [name, 'exclusive'], 'name and mode of an exclusive lease')
        await expectHeldBy(handle, name, [mine.owner], 'an exclusive lease')
      }
    },
  },
  {
    id: 'inspection/remaining',
    title: 'what remains of a lease is shown in milliseconds and shrinks',
    run: async ({ a, b, name, claim, pass }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const before = (await b.inspect(name))?.holders[0]?.remainingMs ?? Number.NaN
      expectThat(before > mine.ttlMs / 2 && before <= mine.ttlMs, `what remains of ${mine.ttlMs} ms`, before)
      await pass(50)
      const after = (await b.inspect(name))?.holders[0]?.remainingMs ?? Number.NaN
      expectThat(after <= before - 25, `what remains 50 ms later, after ${before} ms`, after)
    },
  },
  {
    id: 'inspection/refreshes-nothing',
    title: 'looking at a lease does not prolong it',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const ttlMs = ms(150)
      await expectGranted(a, claim({ ttlMs }), 'nobody holds the name')
      await b.inspect(name)
      await outlive(ttlMs)
      await expectFree(b, name, 'after the ttl')
    },
  },
  {
    id: 'inspection/frees-nothing',
    title: 'looking at a lease does not end it',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      for (const handle of [a, b, a]) await expectHeldBy(handle, name, [mine.owner], 'somebody looked')
      await expectRefused(b, claim(), 'somebody looked')
    },
  },
]
