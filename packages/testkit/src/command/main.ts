import { conformanceCases } from '../cases/index.js'
import type { ConformanceReport } from '../suite/run.js'
import type { CaseResult } from '../suite/result.js'
import { type CommandOptions, isWanted, readOptions, USAGE, UsageError } from './options.js'
import { isOfTarget, reporters } from './reporters.js'
import { type Progress, reportOf, supervise } from './supervise.js'

/** The output and the exit code of the command. */
export interface CommandResult {
  readonly text: string
  /** 0: no promise was broken. 1: a promise was broken. 2: the command could not run. 3: no promise was judged. */
  readonly exitCode: 0 | 1 | 2 | 3
}

/** Shows how far the command is while it runs. */
export interface Display {
  /** Shows a line in place of the one before. */
  readonly progress: (line: string) => void
  /** Adds a line, for each run of a command that makes several. */
  readonly run: (line: string) => void
}

const NO_DISPLAY: Display = { progress: () => {}, run: () => {} }

/** The command line, without the process around it. */
export async function main(args: readonly string[], display: Display = NO_DISPLAY): Promise<CommandResult> {
  try {
    const options = readOptions(args)
    if (options === null) return { text: USAGE, exitCode: 0 }
    const cases = conformanceCases.filter(({ id }) => isWanted(id, options.cases))
    if (cases.length === 0)
      return { text: `no case is named ${options.cases.join(', ')}; --list shows all\n`, exitCode: 3 }
    if (options.list) return { text: cases.map(({ id, title }) => `${id.padEnd(34)} ${title}\n`).join(''), exitCode: 0 }
    return await judge(options, { cases, display })
  } catch (error) {
    if (error instanceof UsageError) return { text: `${error.message}\n\n${USAGE}`, exitCode: 2 }
    return { text: error instanceof Error ? `${error.name}: ${error.message}\n` : `${String(error)}\n`, exitCode: 2 }
  }
}

interface Judging {
  readonly cases: typeof conformanceCases
  readonly display: Display
}

async function judge(options: CommandOptions, { cases, display }: Judging): Promise<CommandResult> {
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  const rounds: ConformanceReport[] = []
  for (let round = 0; round < options.repeat; round++) {
    const heading = options.repeat > 1 ? `run ${round + 1} of ${options.repeat}: ` : ''
    const report = await supervise(
      cases,
      { ...options, seed: (seed + round) % 2 ** 32 },
      counting(cases.length, heading, display.progress),
    )
    if ('unusable' in report) return { text: `${report.unusable}\n`, exitCode: 2 }
    rounds.push(report)
    if (options.repeat > 1) display.run(`${heading}${summary(report)}`)
    if (options.bail && !report.ok) break
  }
  const report = merged(rounds)
  const judged = report.passed.length + report.failed.length
  const broken = isOfTarget(report) ? 2 : 1
  return { text: reporters[options.reporter](report), exitCode: report.ok ? (judged === 0 ? 3 : 0) : broken }
}

/** Each failure with its reason, so that a failure of a long run need not be awaited. */
function summary({ passed, failed, skipped, seed }: ConformanceReport): string {
  const reasons = failed.map(({ id, error }) => `\n  ${id}: ${error.message.split('\n', 1)[0]}`)
  return `${passed.length} passed, ${skipped.length} skipped, ${failed.length} failed (--seed ${seed})${reasons.join('')}`
}

function counting(count: number, heading: string, onProgress: (line: string) => void): Progress {
  let done = 0
  let failed = 0
  const show = (id: string): void => onProgress(`${heading}${done} of ${count}, ${failed} failed: ${id}`)
  return {
    began: show,
    ended: (result: CaseResult) => {
      done += 1
      if (result.status === 'failed') failed += 1
      show(result.id)
    },
  }
}

/** Merges the reports of several runs: a case that failed in any run has failed, and names that run. */
function merged(rounds: readonly ConformanceReport[]): ConformanceReport {
  const [first] = rounds
  if (first === undefined) throw new Error('nothing was run')
  if (rounds.length === 1) return reportOf([...first.passed, ...first.failed, ...first.skipped], first)
  const results = new Map<string, CaseResult>()
  for (const { passed, failed, skipped, seed } of rounds) {
    for (const one of [...passed, ...skipped]) if (!results.has(one.id)) results.set(one.id, one)
    for (const one of failed) {
      if (results.get(one.id)?.status !== 'failed')
        results.set(one.id, { ...one, title: `${one.title} (--seed ${seed})` })
    }
  }
  const durationMs = rounds.reduce((sum, round) => sum + round.durationMs, 0)
  return reportOf([...results.values()], { ...first, durationMs })
}
