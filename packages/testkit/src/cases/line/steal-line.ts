import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const waiting: Partial<Claim> = { lineMs: LONG_MS }

/** A claim that steals overtakes the waiters, and takes no place from them; an eviction takes none either. */
export const stealLine: readonly ConformanceCase[] = [
  {
    id: 'steal/line-stays',
    title: 'a waiter keeps its place when the name is stolen, and is served after the stealing owner',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const [first, second] = [claim(waiting), claim(waiting)]
      const stealing = claim({ steal: true })
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const each of [first, second]) await expectRefused(b, each, 'the name is held')
      await expectGranted(b, stealing, 'a claim that steals')
      await expectHeldBy(a, name, [stealing.owner], 'after a steal')
      const ahead = (await expectRefused(a, second, 'the stealing owner holds the name')).ahead
      expectSame(ahead, 1, 'how many stand before the second of two who waited before the steal')
      await a.release({ name, owner: stealing.owner })
      await expectHeldBy(b, name, [first.owner], 'the stealing owner has released')
      await b.release({ name, owner: first.owner })
      await expectHeldBy(a, name, [second.owner], 'the first in line has released')
    },
  },
  {
    id: 'steal/free-line',
    title: 'a name whose lease has ended is stolen from nobody: those who wait for it keep their places',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const [first, second] = [claim(waiting), claim(waiting)]
      const stealing = claim({ steal: true })
      const end = now() + ms(100)
      await expectGranted(a, claim({ ttlMs: ms(100) }), 'nobody holds the name')
      for (const each of [first, second]) await before(end, () => expectRefused(b, each, 'the name is held'))
      await outlive(ms(100))
      await expectGranted(a, stealing, 'a claim that steals')
      await expectHeldBy(b, name, [stealing.owner], 'after a steal')
      await a.release({ name, owner: stealing.owner })
      await expectHeldBy(b, name, [first.owner], 'the stealing owner has released')
    },
  },
  {
    id: 'eviction/free-line',
    title: 'a name whose lease has ended is evicted from nobody: those who wait for it keep their places',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const [first, second] = [claim(waiting), claim(waiting)]
      const end = now() + ms(100)
      await expectGranted(a, claim({ ttlMs: ms(100) }), 'nobody holds the name')
      for (const each of [first, second]) await before(end, () => expectRefused(b, each, 'the name is held'))
      await outlive(ms(100))
      await a.evict(name)
      await expectHeldBy(b, name, [first.owner], 'after evict of a lease that had ended')
      expectSame((await b.inspect(name))?.waiting, 1, 'how many wait behind the head of the line')
    },
  },
  {
    id: 'steal/leaves-line',
    title: 'who waits and then steals has left the line',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const [stealing, next] = [claim(waiting), claim(waiting)]
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const each of [stealing, next]) await expectRefused(b, each, 'the name is held')
      await expectGranted(b, { ...stealing, steal: true }, 'a claim that steals')
      expectSame(
        (await expectRefused(a, next, 'the stealing owner holds the name')).ahead,
        0,
        'how many stand before the next in line',
      )
      await a.release({ name, owner: stealing.owner })
      await expectHeldBy(a, name, [next.owner], 'the stealing owner has released')
    },
  },
]
