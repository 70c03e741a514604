import { describe, expect, test } from 'vitest'
import { allowOneMinute } from '../support/time-limit.js'
import type { WebLocksCase } from './case.js'
import { webLocksCases } from './cases/index.js'
import { mutants } from './mutants/index.js'
import { RemoteOrigin } from './remote-model.js'
import { modelOrigin, type Origin } from './spec-model.js'
import { openModel, limitOfTurns, runCase } from './world.js'

allowOneMinute()

/** More turns of the event loop than a case takes: the model sets no timers. */
const TURNS = 20_000

const run = (one: WebLocksCase, origin: Origin): Promise<void> =>
  runCase(one, openModel(origin), () => limitOfTurns(TURNS))

/** The id of the first case that rejects an origin. */
async function rejector(origin: () => Origin): Promise<string | undefined> {
  for (const one of webLocksCases) {
    try {
      await run(one, origin())
    } catch {
      return one.id
    }
  }
  return undefined
}

test('every case has an id of its own', () => {
  const ids = webLocksCases.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

describe('the specification, step by step, keeps to', () => {
  test.each(webLocksCases)('$id: $title', (one) => run(one, modelOrigin()))
})

describe.each([1, 2, 3])('the same with a network between, run %i, keeps to', (seed) => {
  test.each(webLocksCases)('$id: $title', (one) => run(one, new RemoteOrigin(seed)))
})

describe('the suite rejects a manager that', () => {
  test.each(mutants)('$name', async ({ origin }) => {
    expect(await rejector(origin)).toBeDefined()
  })
})
