import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'
import { expectRemaining } from './aborted.js'

/** Clocks of machines that share a store differ, by hours where one of them is set wrongly. */
export const clientClock: readonly ConformanceCase[] = [
  {
    id: 'expiry/client-clock',
    title: 'the end of a lease belongs to the clock of the store: a client whose clock is wrong changes nothing',
    // A store within this process may well read the clock of the process. A connection that can be cut leads elsewhere.
    requires: ['cut'],
    // The clock is that of the whole process.
    alone: true,
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const mine = claim({ ttlMs: 3 * LONG_MS })
      await expectGranted(a, mine, 'nobody holds the name')
      const ahead = 4 * LONG_MS
      await withClock(ahead, () => expectRefused(b, claim(), 'the name is held, the clock of the client is ahead'))
      await withClock(ahead, () => expectHeldBy(b, name, [mine.owner], 'inspect with a clock that is ahead'))
      expectRemaining(await withClock(ahead, () => b.inspect(name)), mine, 'inspect with a clock that is ahead')
      const extended = await withClock(ahead, () => a.extend([mine]))
      expectSame(extended[0]?.status, 'extended', 'extend with a clock that is ahead')
      await expectRefused(b, claim(), 'the name is held')
      const short = { ...mine, ttlMs: ms(200) }
      await withClock(-ahead, () => a.extend([short]))
      await outlive(short.ttlMs)
      await expectGranted(b, claim(), 'the lease has ended, which was extended with a clock that is behind')
    },
  },
]

/** Calls with the clock of this process moved by so many milliseconds. */
async function withClock<T>(byMs: number, call: () => Promise<T>): Promise<T> {
  const { Date: Right } = globalThis
  class Wrong extends Right {
    constructor(...args: [] | [value: number | string]) {
      super(...((args.length === 0 ? [Wrong.now()] : args) as [number]))
    }
    static override now(): number {
      return Right.now() + byMs
    }
  }
  globalThis.Date = Wrong as DateConstructor
  try {
    return await call()
  } finally {
    globalThis.Date = Right
  }
}
