import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, isGranted, keeps, same } from '../expect.js'
import { LONG_MS } from '../world.js'

/** `fences: n` reserves n consecutive fences and answers with the first. */
export const fenceReserves: readonly ConformanceCase[] = [
  {
    id: 'fence-reserves/acquire',
    title: 'fences reserved by a grant are never given to anybody else',
    requires: ['fencing'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish({ fences: 10 })
      const first = fenceOf(await granted(a, mine, 'nobody holds the name'))
      await a.release({ name, owner: mine.owner })
      const next = fenceOf(await granted(b, wish(), 'the name was released'))
      keeps(next >= first + 10, `the fence after ${first} with 10 reserved is at least ${first + 10}`, next)
    },
  },
  {
    id: 'fence-reserves/repeat',
    title: 'a repeated claim with reserved fences answers the same first one',
    requires: ['fencing'],
    run: async ({ a, b, wish }) => {
      const mine = wish({ fences: 10 })
      const first = fenceOf(await granted(a, mine, 'nobody holds the name'))
      same(isGranted(await b.acquire(mine), 'a repeated claim').fence, first, 'the fence of a repeated claim')
    },
  },
  {
    id: 'fence-reserves/extend',
    title: 'an extend reserves fences above everything granted and reserved so far',
    requires: ['fencing'],
    run: async ({ a, wish }) => {
      const mine = wish({ fences: 5 })
      const first = fenceOf(await granted(a, mine, 'nobody holds the name'))
      const second = extended(await a.extend([mine]))
      keeps(
        second >= first + 5,
        `fences reserved after ${first} with 5 reserved start at ${first + 5} or above`,
        second,
      )
      const third = extended(await a.extend([mine]))
      keeps(third >= second + 5, `fences reserved after ${second} start at ${second + 5} or above`, third)
    },
  },
  {
    id: 'fence-reserves/extend-then-grant',
    title: 'fences reserved by an extend are never given to a successor',
    requires: ['fencing'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const reserved = extended(await a.extend([{ ...mine, fences: 20 }]))
      await a.release({ name, owner: mine.owner })
      const next = fenceOf(await granted(b, wish(), 'the name was released'))
      keeps(next >= reserved + 20, `the fence after ${reserved} with 20 reserved is at least ${reserved + 20}`, next)
    },
  },
  {
    id: 'fence-reserves/lost',
    title: 'an extend of a lost lease reserves nothing and answers no fence',
    requires: ['fencing'],
    run: async ({ a, wish }) => same(await a.extend([wish({ fences: 5 })]), [{ status: 'lost' }], 'extend of nothing'),
  },
  {
    id: 'fence-reserves/line',
    title: 'a place in line reserves its fences when it is granted',
    requires: ['fencing', 'line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const waiting = wish({ fences: 10, lineMs: LONG_MS })
      await granted(a, first, 'nobody holds the name')
      await b.acquire(waiting)
      await a.release({ name, owner: first.owner })
      const reserved = fenceOf(await granted(b, waiting, 'the head of the line confirms'))
      await b.release({ name, owner: waiting.owner })
      const next = fenceOf(await granted(a, wish(), 'the name was released'))
      keeps(next >= reserved + 10, `the fence after ${reserved} with 10 reserved is at least ${reserved + 10}`, next)
    },
  },
]

function extended(outcomes: readonly unknown[]): number {
  const [outcome] = outcomes
  keeps(
    typeof outcome === 'object' && outcome !== null && 'fence' in outcome && typeof outcome.fence === 'number',
    'an extend with `fences` answers the first of them',
    outcome,
  )
  return fenceOf({ fence: outcome.fence })
}
