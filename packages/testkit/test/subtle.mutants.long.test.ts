import { describe, expect, it } from 'vitest'
import { conformanceCases, renderReport, runConformance } from '../src/index.js'
import { subtleRaces } from './mutants/subtle/races.js'
import { subtleTimes } from './mutants/subtle/times.js'
import { subtleTold } from './mutants/subtle/told.js'
import { referenceTarget } from './reference.js'

// Each test takes a few milliseconds in virtual time, but longer on a busy machine.
const TEST_MS = 120_000

describe('the suite rejects backends that are wrong only now and then, or only at an edge', () => {
  const mutants = [...subtleRaces, ...subtleTimes, ...subtleTold]

  it.each(mutants.map((mutant) => [mutant.wrong, mutant] as const))(
    'rejects a backend that %s',
    async (wrong, { killedBy, wrapFor }) => {
      const cases = conformanceCases.filter(({ id }) => killedBy.includes(id))
      const report = await runConformance(referenceTarget(wrong, wrapFor), { cases, seed: 1 })
      expect(
        report.failed.map(({ id }) => id),
        renderReport(report),
      ).toEqual([...killedBy])
      expect(report.failed.map(({ by }) => by)).toEqual(killedBy.map(() => 'promise'))
    },
    TEST_MS,
  )
})
