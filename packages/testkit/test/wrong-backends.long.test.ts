import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { describe, expect, it } from 'vitest'
import { type ConformanceCase, conformanceCases, runConformance } from '../src/index.js'
import { type Rule, rules } from '../src/suite/rules.js'
import { mutants } from './mutants/index.js'
import type { Mutant } from './mutants/mutant.js'
import { subtleRaces } from './mutants/subtle/races.js'
import { subtleTimes } from './mutants/subtle/times.js'
import { subtleTold } from './mutants/subtle/told.js'
import { referenceTarget } from './reference.js'

// `npm test` runs each wrong backend against the cases that were written for it; this file compares cases and
// histories.
const all = [...mutants, ...subtleRaces, ...subtleTimes, ...subtleTold]
const isHistory = ({ id }: ConformanceCase): boolean => id.startsWith('histories/')
const histories = conformanceCases.filter(isHistory)
const cases = conformanceCases.filter((one) => !isHistory(one))
/** A wrong backend that waits in real time before some of its answers takes a minute for all histories. */
const LIMIT_MS = 300_000
/** The page with the table. HOLDFAST_WRITE=1 writes it. */
const PAGE = join(import.meta.dirname, '../../../docs/wrong-backends.md')

interface Rejections {
  /** The rule that is named by the first case or history that was written for the backend. */
  readonly rule: Rule
  readonly byCases: boolean
  readonly byHistories: boolean
}

const found = new Map<string, Rejections>()

/** The rule that is named by the first of the cases that rejects the backend. */
async function ruleNamed({ wrong, wrapFor }: Mutant, of: readonly ConformanceCase[]): Promise<Rule | undefined> {
  for (const one of of) {
    const { failed } = await runConformance(referenceTarget(wrong, wrapFor), { limitMs: 60_000, seed: 1, cases: [one] })
    const broken = failed.find(({ by }) => by === 'promise')
    if (broken !== undefined) return broken.rule
  }
  return undefined
}

function tableOf(rejections: readonly Rejections[]): string {
  const row = (title: string, of: readonly Rejections[]): string => {
    const count = (is: (each: Rejections) => boolean): number => of.filter(is).length
    const counts = [
      count(({ byCases }) => byCases),
      count(({ byHistories }) => byHistories),
      count(({ byHistories }) => !byHistories),
      count(({ byCases }) => !byCases),
    ]
    return `| ${[title, of.length, ...counts].join(' | ')} |`
  }
  const rows = Object.keys(rules).map((rule) =>
    row(
      rule,
      rejections.filter((each) => each.rule === rule),
    ),
  )
  return [
    '| rule | wrong backends | rejected by cases | by histories | by cases alone | by histories alone |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    row('all', rejections),
  ].join('\n')
}

describe('cases or histories, or both, reject every wrong backend', () => {
  it.each(all.map((mutant) => [mutant.wrong, mutant] as const))(
    'that %s',
    { timeout: LIMIT_MS },
    async (wrong, mutant) => {
      const isAimed = ({ id }: ConformanceCase): boolean => mutant.killedBy.includes(id)
      const aimed = conformanceCases.filter(isAimed)
      const rule = await ruleNamed(mutant, aimed)
      if (rule === undefined) throw new Error('the cases that were written for it do not reject it')
      const byCases = !aimed.every(isHistory) || (await ruleNamed(mutant, cases)) !== undefined
      const byHistories = aimed.some(isHistory) || (await ruleNamed(mutant, histories)) !== undefined
      found.set(wrong, { rule, byCases, byHistories })
    },
  )

  it('in the numbers of docs/wrong-backends.md', async () => {
    expect(found.size).toBe(all.length)
    const page = readFileSync(PAGE, 'utf8')
    const written = page.replace(/^\| rule [^]*?\n(?!\|)/m, () => `${tableOf([...found.values()])}\n`)
    const formatted = await format(written, { ...(await resolveConfig(PAGE)), parser: 'markdown' })
    if (process.env['HOLDFAST_WRITE'] === '1') writeFileSync(PAGE, formatted)
    expect(page).toBe(formatted)
  })
})
