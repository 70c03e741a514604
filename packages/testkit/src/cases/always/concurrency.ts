import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { fenceOf, expectGranted, expectHeldBy, expectThat, isGranted, expectSame } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

const STUCK_MS = 10_000

/** Many calls at once. Each is one atomic step, so some order of them explains all answers. */
export const concurrency: readonly ConformanceCase[] = [
  {
    id: 'concurrency/one-grant',
    title: 'of fifty claims at once exactly one is granted',
    run: async (world) => {
      const { a, name } = world
      const winners = await grantedOf(world, 50)
      expectSame(winners.length, 1, 'how many of fifty claims at once were granted')
      await expectHeldBy(a, name, winners, 'after fifty claims at once')
    },
  },
  {
    id: 'concurrency/one-successor',
    title: 'of twenty claims that find a lease expired exactly one is granted',
    run: async (world) => {
      const { a, claim, ms, outlive } = world
      await expectGranted(a, claim({ ttlMs: ms(60) }), 'nobody holds the name')
      await outlive(ms(60))
      expectSame((await grantedOf(world, 20)).length, 1, 'how many of twenty claims on an expired lease were granted')
    },
  },
  {
    id: 'concurrency/one-release',
    rule: 'release',
    title: 'of ten releases at once exactly one releases',
    run: async ({ a, b, name, claim }) => {
      const { owner } = claim()
      await expectGranted(a, claim({ owner }), 'nobody holds the name')
      const outcomes = await Promise.all(spread(10, [a, b]).map((handle) => handle.release({ name, owner })))
      expectSame(outcomes.filter((outcome) => outcome === 'released').length, 1, 'how many of ten releases released')
    },
  },
  {
    id: 'concurrency/one-owner',
    rule: 'idempotence',
    title: 'claims of one owner that arrive together are all "yours", with one fence',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const outcomes = await Promise.all(spread(10, [a, b]).map((handle) => handle.acquire(mine)))
      const fences = outcomes.map((outcome) => isGranted(outcome, 'a claim that arrived ten times at once').fence)
      expectSame(new Set(fences).size, 1, 'how many different fences ten arrivals of one claim got')
      expectSame(await a.release({ name, owner: mine.owner }), 'released', 'the one release')
      expectSame(await b.inspect(name), null, 'inspect after the one release')
    },
  },
  {
    id: 'concurrency/fences',
    title: 'grants of one name to many owners at once have fences of their own',
    requires: ['fencing'],
    run: async ({ a, b, name, claim, now, pass }) => {
      const fences: number[] = []
      let grantedAt = now()
      const contend = async (handle: World['a']): Promise<void> => {
        for (let round = 0; round < 3; round++) {
          const mine = claim()
          let outcome = await handle.acquire(mine)
          while (!outcome.acquired) {
            // No claim waits in line, so one owner may be granted the name last of all: the other owners are granted it
            // meanwhile.
            const isStuck = now() >= grantedAt + STUCK_MS
            expectThat(
              !isStuck,
              'a name that six take turns to ask for, and release, is granted to one of them',
              outcome,
            )
            await pass(10)
            outcome = await handle.acquire(mine)
          }
          fences.push(fenceOf(outcome))
          grantedAt = now()
          await handle.release({ name, owner: mine.owner })
        }
      }
      await Promise.all(spread(6, [a, b]).map(contend))
      expectSame(
        fences,
        fences.toSorted((one, other) => one - other),
        'the fences of eighteen grants, in grant order',
      )
      expectSame(new Set(fences).size, fences.length, 'how many different fences eighteen grants have')
    },
  },
  {
    id: 'concurrency/limit',
    rule: 'shared',
    title: 'of thirty shared claims at once with a limit of five exactly five are granted',
    requires: ['shared'],
    run: async (world) => {
      const winners = await grantedOf(world, 30, { mode: 'shared', limit: 5 })
      expectSame(winners.length, 5, 'how many of thirty claims with a limit of five were granted')
      await expectHeldBy(world.a, world.name, winners, 'after thirty shared claims at once')
    },
  },
  {
    id: 'concurrency/places',
    rule: 'place',
    title: 'claims that line up together have a place each',
    requires: ['line'],
    run: async ({ a, b, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      const outcomes = await Promise.all(spread(15, [a, b]).map((handle) => handle.acquire(claim({ lineMs: LONG_MS }))))
      const places = outcomes.map((outcome) => (outcome.acquired ? -1 : (outcome.ahead ?? -1)))
      expectSame(
        places.toSorted((one, other) => one - other),
        outcomes.map((_, index) => index),
        'the places of fifteen claims that lined up together',
      )
    },
  },
]

/** The owners that are granted the name, of `count` claims at once through both handles. */
async function grantedOf({ a, b, claim }: World, count: number, over: Partial<Claim> = {}): Promise<readonly string[]> {
  const attempts = spread(count, [a, b]).map(async (handle) => {
    const mine = claim(over)
    const { acquired } = await handle.acquire(mine)
    return acquired ? [mine.owner] : []
  })
  return (await Promise.all(attempts)).flat()
}

function spread<T>(count: number, items: readonly T[]): readonly T[] {
  return Array.from({ length: Math.ceil(count / items.length) }, () => items)
    .flat()
    .slice(0, count)
}
