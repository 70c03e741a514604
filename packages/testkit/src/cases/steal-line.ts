import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same } from '../expect.js'
import { LONG_MS } from '../world.js'

const waiting: Partial<Claim> = { lineMs: LONG_MS }

/** Whoever steals overtakes those who wait, and takes nothing else from them. */
export const stealLine: readonly ConformanceCase[] = [
  {
    id: 'steal/line-stays',
    title: 'who waits keeps its place when the name is stolen, and is served after the thief',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const [first, second] = [wish(waiting), wish(waiting)]
      const thief = wish({ steal: true })
      await granted(a, wish(), 'nobody holds the name')
      for (const claim of [first, second]) await refused(b, claim, 'the name is held')
      await granted(b, thief, 'a claim that steals')
      await heldBy(a, name, [thief.owner], 'after a theft')
      const ahead = (await refused(a, second, 'the thief holds the name')).ahead
      same(ahead, 1, 'how many stand before the second of two who waited before the theft')
      await a.release({ name, owner: thief.owner })
      await heldBy(b, name, [first.owner], 'the thief has released')
      await b.release({ name, owner: first.owner })
      await heldBy(a, name, [second.owner], 'the first in line has released')
    },
  },
  {
    id: 'steal/free-line',
    title: 'a name whose lease has ended is stolen from nobody: those who wait for it keep their places',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const [first, second] = [wish(waiting), wish(waiting)]
      const thief = wish({ steal: true })
      const end = now() + ms(100)
      await granted(a, wish({ ttlMs: ms(100) }), 'nobody holds the name')
      for (const claim of [first, second]) await before(end, () => refused(b, claim, 'the name is held'))
      await outlive(ms(100))
      await granted(a, thief, 'a claim that steals')
      await heldBy(b, name, [thief.owner], 'after a theft')
      await a.release({ name, owner: thief.owner })
      await heldBy(b, name, [first.owner], 'the thief has released')
    },
  },
  {
    id: 'steal/leaves-line',
    title: 'who waits and then steals has left the line',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const [thief, next] = [wish(waiting), wish(waiting)]
      await granted(a, wish(), 'nobody holds the name')
      for (const claim of [thief, next]) await refused(b, claim, 'the name is held')
      await granted(b, { ...thief, steal: true }, 'a claim that steals')
      same((await refused(a, next, 'the thief holds the name')).ahead, 0, 'how many stand before the next in line')
      await a.release({ name, owner: thief.owner })
      await heldBy(a, name, [next.owner], 'the thief has released')
    },
  },
]
