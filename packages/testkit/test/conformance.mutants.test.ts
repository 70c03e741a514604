import { describe, expect, it } from 'vitest'
import { conformanceCases, renderReport, runConformance, type ConformanceReport } from '../src/index.js'
import { mutants } from './mutants/index.js'
import { subtleRaces } from './mutants/subtle/races.js'
import { subtleTimes } from './mutants/subtle/times.js'
import { referenceTarget } from './reference.js'

// Histories find most of these too, in more time: what they find, and nothing else does, is in subtle.mutants.test.ts.
const subtle = new Set([...subtleRaces, ...subtleTimes].flatMap(({ killedBy }) => killedBy))
const cases = conformanceCases.filter(({ id }) => !id.startsWith('histories/') && !subtle.has(id))

describe('the suite rejects wrong backends', () => {
  const reports = new Map<string, ConformanceReport>()

  it.each(mutants.map((mutant) => [mutant.wrong, mutant] as const))(
    'rejects a backend that %s',
    async (wrong, mutant) => {
      const report = await runConformance(referenceTarget(wrong, mutant.wrapFor), { limitMs: 5_000, cases })
      reports.set(wrong, report)
      const broken = report.failed.filter((result) => result.by === 'promise').map((result) => result.id)
      expect(broken, renderReport(report)).toEqual(expect.arrayContaining([...mutant.killedBy]))
      expect(report.failed.filter((result) => result.by === 'timeout')).toEqual([])
    },
  )

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

  it('shows which case rejects which backend', () => {
    const lines = cases.map(({ id }) => {
      const killed = [...reports].filter(([, report]) =>
        report.failed.some((one) => one.id === id && one.by === 'promise'),
      )
      expect(killed.length, `case ${id} rejects nothing`).toBeGreaterThan(0)
      const aimed = mutants.filter((mutant) => mutant.killedBy.includes(id)).map((mutant) => mutant.wrong)
      return `${id.padEnd(34)} ${String(killed.length).padStart(3)}  ${aimed.join('; ')}`
    })
    const heading = `${cases.length} cases, ${mutants.length} wrong backends. Case, how many it rejects, the ones written for it:`
    process.stdout.write(`${[heading, ...lines].join('\n')}\n`)
  })
})
