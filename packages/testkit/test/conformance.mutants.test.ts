import { describe, expect, it } from 'vitest'
import { conformanceCases, renderReport, runConformance } from '../src/index.js'
import { mutants } from './mutants/index.js'
import { subtleRaces } from './mutants/subtle/races.js'
import { subtleTimes } from './mutants/subtle/times.js'
import { subtleTold } from './mutants/subtle/told.js'
import { referenceTarget } from './reference.js'

// Histories find most of these mutants too, in more time. The mutants that only histories find are in
// subtle.mutants.long.test.ts.
const subtle = new Set([...subtleRaces, ...subtleTimes, ...subtleTold].flatMap(({ killedBy }) => killedBy))
const cases = conformanceCases.filter(({ id }) => !id.startsWith('histories/') && !subtle.has(id))

// Each mutant runs against the cases that were written for it, and against the whole suite in
// wrong-backends.long.test.ts.
describe('the suite rejects wrong backends', () => {
  it.each(mutants.map((mutant) => [mutant.wrong, mutant] as const))(
    'rejects a backend that %s',
    async (wrong, { killedBy, wrapFor }) => {
      const aimed = cases.filter(({ id }) => killedBy.includes(id))
      const report = await runConformance(referenceTarget(wrong, wrapFor), { limitMs: 5_000, cases: aimed })
      const broken = report.failed.filter((result) => result.by === 'promise').map((result) => result.id)
      expect(broken.toSorted(), renderReport(report)).toEqual([...killedBy].toSorted())
    },
  )

  it.each([
    ['exclusion/retry-after', 'retry-after'],
    ['shared/retry-after', 'retry-after'],
    ['expiry/valid-ms', 'validity'],
    ['concurrency/one-release', 'release'],
    ['line/confirmed-lasts', 'expiry'],
    ['line/place-lasts', 'place'],
    ['shared/upgrade-line', 'shared-repeat'],
    ['steal/takes', 'steal'],
  ])('a failure of %s cites the rule %s', async (id, rule) => {
    const [mutant] = mutants.filter(({ killedBy }) => killedBy.includes(id))
    const aimed = cases.filter((one) => one.id === id)
    const report = await runConformance(referenceTarget(id, mutant?.wrapFor), { limitMs: 5_000, cases: aimed })
    expect(report.failed).toMatchObject([{ id, rule }])
  })

  it('has every mutant once', () => {
    expect(new Set(mutants.map((mutant) => mutant.wrong)).size).toBe(mutants.length)
  })

  it('names only cases that exist', () => {
    const ids = cases.map((one) => one.id)
    expect(mutants.flatMap((mutant) => mutant.killedBy).filter((id) => !ids.includes(id))).toEqual([])
  })

  it('has no case without a wrong backend that was written for it', () => {
    const aimed = new Set(mutants.flatMap((mutant) => mutant.killedBy))
    expect(cases.map((one) => one.id).filter((id) => !aimed.has(id))).toEqual([])
  })
})
