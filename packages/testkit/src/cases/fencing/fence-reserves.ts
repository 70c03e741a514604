import type { ConformanceCase } from '../../suite/case.js'
import { fenceOf, expectGranted, isGranted, expectThat, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

/** `fences: n` reserves n consecutive fences and answers with the first. */
export const fenceReserves: readonly ConformanceCase[] = [
  {
    id: 'fence-reserves/acquire',
    title: 'fences reserved by a grant are never given to anybody else',
    requires: ['fencing'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim({ fences: 10 })
      const first = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
      await a.release({ name, owner: mine.owner })
      const next = fenceOf(await expectGranted(b, claim(), 'the name was released'))
      expectThat(next >= first + 10, `the fence after ${first} with 10 reserved is at least ${first + 10}`, next)
    },
  },
  {
    id: 'fence-reserves/repeat',
    title: 'a repeated claim with reserved fences answers the same first one',
    requires: ['fencing'],
    run: async ({ a, b, claim }) => {
      const mine = claim({ fences: 10 })
      const first = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
      expectSame(isGranted(await b.acquire(mine), 'a repeated claim').fence, first, 'the fence of a repeated claim')
    },
  },
  {
    id: 'fence-reserves/extend',
    title: 'an extend reserves fences above everything granted and reserved so far',
    requires: ['fencing'],
    run: async ({ a, claim }) => {
      const mine = claim({ fences: 5 })
      const first = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
      const second = extended(await a.extend([mine]))
      expectThat(
        second >= first + 5,
        `fences reserved after ${first} with 5 reserved start at ${first + 5} or above`,
        second,
      )
      const third = extended(await a.extend([mine]))
      expectThat(third >= second + 5, `fences reserved after ${second} start at ${second + 5} or above`, third)
    },
  },
  {
    id: 'fence-reserves/extend-then-grant',
    title: 'fences reserved by an extend are never given to a successor',
    requires: ['fencing'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const reserved = extended(await a.extend([{ ...mine, fences: 20 }]))
      await a.release({ name, owner: mine.owner })
      const next = fenceOf(await expectGranted(b, claim(), 'the name was released'))
      expectThat(
        next >= reserved + 20,
        `the fence after ${reserved} with 20 reserved is at least ${reserved + 20}`,
        next,
      )
    },
  },
  {
    id: 'fence-reserves/lost',
    title: 'an extend of a lost lease reserves nothing and answers no fence',
    requires: ['fencing'],
    run: async ({ a, claim }) =>
      expectSame(await a.extend([claim({ fences: 5 })]), [{ status: 'lost' }], 'extend of nothing'),
  },
  {
    id: 'fence-reserves/line',
    title: 'a place in line reserves its fences when it is granted',
    requires: ['fencing', 'line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const waiting = claim({ fences: 10, lineMs: LONG_MS })
      await expectGranted(a, first, 'nobody holds the name')
      await b.acquire(waiting)
      await a.release({ name, owner: first.owner })
      const reserved = fenceOf(await expectGranted(b, waiting, 'the head of the line confirms'))
      await b.release({ name, owner: waiting.owner })
      const next = fenceOf(await expectGranted(a, claim(), 'the name was released'))
      expectThat(
        next >= reserved + 10,
        `the fence after ${reserved} with 10 reserved is at least ${reserved + 10}`,
        next,
      )
    },
  },
  {
    id: 'fence-reserves/line-refreshed',
    title: 'a place in line reserves as many fences as its owner asked for last',
    requires: ['fencing', 'line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const waiting = claim({ lineMs: LONG_MS })
      await expectGranted(a, first, 'nobody holds the name')
      await b.acquire(waiting)
      await b.acquire({ ...waiting, fences: 5 })
      await a.release({ name, owner: first.owner })
      const promise = 'the head of the line confirms'
      const reserved = fenceOf(await expectGranted(b, { ...waiting, fences: 5 }, promise))
      await b.release({ name, owner: waiting.owner })
      const next = fenceOf(await expectGranted(a, claim(), 'the name was released'))
      expectThat(next >= reserved + 5, `the fence after ${reserved} with 5 reserved is at least ${reserved + 5}`, next)
    },
  },
  {
    id: 'fence-reserves/beyond-32-bits',
    title: 'fences rise beyond 32 bits',
    requires: ['fencing'],
    run: async ({ a, b, name, claim }) => {
      let least = 0
      for (let round = 0; round < 4; round++) {
        const mine = claim({ fences: 2 ** 31 })
        const fence = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
        expectThat(fence > least, `the fence after ${least}`, fence)
        expectSame((await b.inspect(name))?.holders[0]?.fence, fence, 'the fence that inspect shows')
        expectSame(
          fenceOf(await expectGranted(b, mine, 'the owner claims again')),
          fence,
          'the fence of a repeated claim',
        )
        least = fence + 2 ** 31 - 1
        const [extension] = await b.extend([{ ...mine, fences: 64 }])
        const more = extension?.status === 'extended' ? extension.fence : null
        expectThat(more !== null && more > least, `the first of 64 more, after ${least}`, extension)
        least = (more ?? least) + 63
        await a.release({ name, owner: mine.owner })
      }
    },
  },
]

function extended(outcomes: readonly unknown[]): number {
  const [outcome] = outcomes
  expectThat(
    typeof outcome === 'object' && outcome !== null && 'fence' in outcome && typeof outcome.fence === 'number',
    'an extend with `fences` answers the first of them',
    outcome,
  )
  return fenceOf({ fence: outcome.fence })
}
