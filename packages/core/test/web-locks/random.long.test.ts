import { describe, expect, test } from 'vitest'
import { allowOneMinute } from '../support/time-limit.js'
import { ending } from './ask.js'
import { nameMutants } from './mutants/names.js'
import { queueMutants } from './mutants/queue.js'
import { releaseMutants } from './mutants/releases.js'
import { signalMutants } from './mutants/signals.js'
import { stealMutants } from './mutants/steal.js'
import { expectSameAsModel } from './random.js'
import { RemoteOrigin } from './remote-model.js'
import { modelOrigin, type Origin } from './spec-model.js'
import { openModel, limitOfTurns } from './world.js'

allowOneMinute()

const TURNS = 5_000
/** Enough for the rarest mistake, which one history of fifty finds. */
const RUNS = 1_000
const RUNS_OF_MODEL = 100

const play = (origin: () => Origin, numRuns: number): Promise<void> =>
  expectSameAsModel(
    async () => openModel(origin())(),
    () => limitOfTurns(TURNS),
    { seed: 1, numRuns, endOnFailure: true },
  )

// Each step has landed before the next one, so that these histories cannot see a request settle too early.
const visible = [...queueMutants, ...stealMutants, ...nameMutants, ...releaseMutants, ...signalMutants].filter(
  ({ name }) => !name.startsWith('settles before'),
)

describe('random histories', () => {
  test('say the same of the model, each time', () => play(modelOrigin, RUNS_OF_MODEL))

  test('say the same of the model with a network between', () => {
    let seed = 0
    return play(() => new RemoteOrigin(++seed), RUNS_OF_MODEL)
  })

  test.each(visible)('find out who $name', async ({ origin }) => {
    expect(await ending(play(origin, RUNS))).toHaveProperty('error')
  })
})
