import { expect, it } from 'vitest'
import { type ConformanceCase, conformanceCases, runConformance } from '../src/index.js'
import { createBeside } from '../src/suite/beside.js'
import { handleMutants } from './mutants/handles.js'
import { watchingAgainMutants } from './mutants/watching-again.js'
import { realTimeTarget } from './reference.js'

const HIDDEN = [
  'loses the first notification after nobody watched for a while',
  'tells nobody when it subscribes for the third time',
  'unsubscribes late, when another watcher has begun',
  'lists again what it listed last when nothing is held',
]
const hidden = [...watchingAgainMutants, ...handleMutants].filter(({ wrong }) => HIDDEN.includes(wrong))

/** Watches and holds a name until the other case has ended. */
function neighbour(other: ConformanceCase): readonly ConformanceCase[] {
  let ended = false
  const lives: ConformanceCase = {
    id: 'test/neighbour',
    title: 'a case that watches and holds',
    run: async ({ a, b, claim, eventually }) => {
      await a.acquire(claim())
      const unwatches = await Promise.all([a, b].map(async (handle) => handle.watch?.(() => {})))
      if (other.alone !== true) await eventually(() => ended, 'the other case ends')
      for (const unwatch of unwatches) await unwatch?.()
    },
  }
  const ending: ConformanceCase = { ...other, run: (world) => other.run(world).finally(() => (ended = true)) }
  return [lives, ending]
}

it.each(hidden.map((mutant) => [mutant.wrong, mutant] as const))(
  'a case that runs alone finds what another case would hide: a backend that %s',
  { timeout: 60_000 },
  async (wrong, { killedBy, wrapFor }) => {
    for (const one of conformanceCases.filter(({ id }) => killedBy.includes(id))) {
      expect(one.alone).toBe(true)
      const failed = async (alone: boolean): Promise<readonly string[]> => {
        const report = await runConformance(realTimeTarget(wrong, wrapFor), { cases: neighbour({ ...one, alone }) })
        return report.failed.map(({ id }) => id)
      }
      expect(await failed(false)).toEqual([])
      expect(await failed(true)).toEqual([one.id])
    }
  },
)

it('has each of them once', () => {
  expect(hidden.map(({ wrong }) => wrong).toSorted()).toEqual(HIDDEN.toSorted())
})

it('work that runs alone has nothing beside it, whatever fails', async () => {
  const beside = createBeside()
  const seen: string[] = []
  const work = (name: string) => async (): Promise<void> => {
    seen.push(`${name} begins`)
    await new Promise((resolve) => setImmediate(resolve))
    seen.push(`${name} ends`)
    if (name === 'fails') throw new Error(name)
  }
  const calls = [
    beside(false, work('first')),
    beside(false, work('fails')),
    beside(true, work('alone')),
    beside(true, work('next')),
    beside(false, work('last')),
  ]
  await Promise.allSettled(calls)
  expect(seen).toEqual([
    ...['first begins', 'fails begins', 'first ends', 'fails ends'],
    ...['alone begins', 'alone ends', 'next begins', 'next ends', 'last begins', 'last ends'],
  ])
})
