import { describe, expect, test } from 'vitest'
import { patiently } from '../support/patience.js'
import { ending } from './ask.js'
import { queueMutants } from './mutants/queue.js'
import { stealMutants } from './mutants/steal.js'
import { expectSameAsModel } from './random.js'
import { RemoteOrigin } from './remote-model.js'
import { modelOrigin, type Origin } from './spec-model.js'
import { openModel, patientForTurns } from './world.js'

patiently()

const TURNS = 5_000
/** The rarest mistake is found in one history of fifty. */
const RUNS = 1_000

const play = (origin: () => Origin): Promise<void> =>
  expectSameAsModel(
    async () => openModel(origin())(),
    () => patientForTurns(TURNS),
    { seed: 1, numRuns: RUNS, endOnFailure: true },
  )

// Each step is settled before the next, so that what is wrong only within one tick is not for this property.
const withinOneTick = 'does not call back who was stolen from in the same tick'
const visible = [...queueMutants, ...stealMutants].filter(({ name }) => name !== withinOneTick)

describe('random histories', () => {
  test('say the same of the model, each time', () => play(modelOrigin))

  test('say the same of the model with a network between', () => {
    let seed = 0
    return play(() => new RemoteOrigin(++seed))
  })

  test.each(visible)('find out who $name', async ({ origin }) => {
    expect(await ending(play(origin))).toHaveProperty('error')
  })
})
