import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectSame } from '../../suite/expect.js'
import type { World } from '../../suite/world.js'

const ROUNDS = 4

/** The orders in which three calls can be sent. */
const ORDERS: readonly (readonly (0 | 1 | 2)[])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

/**
 * An owner releases a name, claims it again and extends, all at the same time: the extension may find the former lease,
 * none, or the next one. A store that looks a second time after it has found none takes the next one for another lease.
 */
export const nextLease: readonly ConformanceCase[] = [
  {
    id: 'concurrency/next-lease',
    title: 'an extension that meets the next lease of its owner leaves it exclusive',
    run: async (world) => {
      for (let round = 0; round < ROUNDS; round++)
        await Promise.all(ORDERS.map((order, index) => meet(world, order, `/${round}/${index}`)))
    },
  },
]

async function meet({ a, b, claim, named }: World, order: readonly (0 | 1 | 2)[], suffix: string): Promise<void> {
  const mine = claim({ name: named(suffix) })
  await expectGranted(a, mine, 'a free name')
  const calls = [
    () => a.release({ name: mine.name, owner: mine.owner }),
    () => a.acquire(mine),
    () => b.extend([mine]),
  ] as const
  await Promise.all(order.map((index) => calls[index]()))
  const seen = await b.inspect(mine.name)
  // The release may have come last.
  if (seen === null) return
  const when = 'its owner claimed it exclusively, and extended and released at the same time'
  expectSame(seen.mode, 'exclusive', `the mode of a lease, when ${when}`)
}
