import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const MANY = 120

/** A line is as long as it has to be. */
export const manyWaiters: readonly ConformanceCase[] = [
  {
    id: 'line/many-waiters',
    title: 'a hundred and twenty waiters are answered their places, and served in their order',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      await expectGranted(a, first, 'nobody holds the name')
      const waiters: Claim[] = []
      for (let index = 0; index < MANY; index++) {
        const waiter = claim({ lineMs: LONG_MS })
        waiters.push(waiter)
        const { ahead } = await expectRefused(index % 2 ? a : b, waiter, 'the name is held')
        expectSame(ahead, index, `how many stand before number ${index + 1} of ${MANY}`)
      }
      expectSame((await b.inspect(name))?.waiting, MANY, 'how many wait')
      let holder = first.owner
      for (const [index, waiter] of waiters.entries()) {
        await a.release({ name, owner: holder })
        if (index % 20 === 0 || index === MANY - 1) await expectHeldBy(b, name, [waiter.owner], `turn ${index + 1}`)
        holder = waiter.owner
      }
    },
  },
]
