import type { ConformanceCase } from '../suite/case.js'
import type { ConformanceReport } from '../suite/run.js'
import { ruleOfCase } from '../suite/rules.js'
import type { CaseFailed, CaseResult } from '../suite/result.js'
import { type ChildEnd, runChild } from './child-run.js'
import type { CommandOptions } from './options.js'

/** A run of the suite that ended with a report, or could not begin. */
export type Supervised = ConformanceReport | { readonly unusable: string }

export interface Progress {
  readonly began: (id: string) => void
  readonly ended: (result: CaseResult) => void
}

/** How many cases run at once in real time, in which cases mostly wait. */
const CONCURRENCY = 8
/** After so many crashes of the process, the cases that are left say nothing about the backend. */
const MOST_CRASHES = 12

/** Promises of the target and its process, apart from the cases. */
const OF_TARGET: readonly Titled[] = [
  { id: 'target/open', title: 'the target opens again after its process has ended' },
  { id: 'target/process', title: 'the process does not end before the cases do' },
  { id: 'target/close', title: 'the target closes when the run is over' },
]

type Titled = Pick<ConformanceCase, 'id' | 'title' | 'rule'>

/** Runs the cases in processes of their own: a process that ends or blocks is a failure of the case that it ran. */
export async function supervise(
  cases: readonly ConformanceCase[],
  options: CommandOptions & { readonly seed: number },
  progress: Progress,
): Promise<Supervised> {
  const startedAt = performance.now()
  const results = new Map<string, CaseResult>()
  const known = new Map<string, Titled>([...OF_TARGET, ...cases].map((one) => [one.id, one]))
  let names = { target: options.module, backend: 'unknown' }
  let stopped = false
  const record = (result: CaseResult): boolean => {
    results.set(result.id, result)
    progress.ended(result)
    stopped ||= options.bail && result.status === 'failed'
    return !stopped
  }
  const run = (ids: readonly string[], concurrency: number): Promise<ChildEnd> => {
    const { module, seed, limitMs, effort } = options
    return runChild(
      { module, ids, seed, limitMs, effort, concurrency },
      {
        onOpened: (target, backend) => (names = { target, backend }),
        onStarted: progress.began,
        onResult: record,
      },
    )
  }
  const left = (): readonly string[] => cases.map(({ id }) => id).filter((id) => !results.has(id))
  const fail = (id: string, reason: string): boolean => record(crashed(known.get(id) ?? { id, title: id }, reason))

  /** Runs each of the cases alone that ran as the process ended, which may show the case that ended it. */
  const runAlone = async ({ reason, running }: Crash): Promise<void> => {
    let found = false
    for (const id of running) {
      const alone = await run([id], 1)
      if (stopped) return
      const refused = whyNotOpened(alone)
      if (refused !== null) return void fail('target/open', refused)
      if (alone.type !== 'crashed') continue
      fail(id, alone.reason)
      found = true
    }
    if (!found)
      fail('target/process', `${reason}\nwhile these cases ran, none of which ends it alone: ${running.join(', ')}`)
  }

  for (let crashes = 0; !stopped && left().length > 0 && crashes < MOST_CRASHES; crashes++) {
    const end = await run(left(), CONCURRENCY)
    const refused = whyNotOpened(end)
    if (refused !== null && results.size === 0) return { unusable: refused }
    if (refused !== null) fail('target/open', refused)
    if (refused !== null || end.type !== 'crashed') break
    const [only, ...others] = end.running
    if (others.length > 0) await runAlone(end)
    else fail(only ?? 'target/close', end.reason)
    if (only === undefined) break
  }
  for (const id of left())
    record({ status: 'skipped', id, title: known.get(id)?.title ?? id, reason: 'not run: the run was ended before' })
  return reportOf([...results.values()], { ...names, seed: options.seed, durationMs: performance.now() - startedAt })
}

type Crash = Extract<ChildEnd, { type: 'crashed' }>

/** Why a run has not opened its target; `null` when it has. */
function whyNotOpened(end: ChildEnd): string | null {
  if (end.type === 'unusable') return end.reason
  return end.type === 'crashed' && !end.opened ? `the target could not be opened: ${end.reason}` : null
}

function crashed(one: Titled, reason: string): CaseFailed {
  const error = new Error(reason)
  error.name = 'ProcessEnded'
  const { id, title } = one
  return { status: 'failed', id, title, durationMs: 0, by: 'threw', error, rule: ruleOfCase(one), calls: [] }
}

type Heading = Pick<ConformanceReport, 'target' | 'backend' | 'seed' | 'durationMs'>

/**
 * Puts results together. First come the cases that failed by an answer, histories before all: they name the rule most
 * exactly.
 */
export function reportOf(results: readonly CaseResult[], heading: Heading): ConformanceReport {
  const kinds = ['promise', 'threw', 'timeout', 'target']
  const rank = ({ id, by }: CaseFailed): number => 2 * kinds.indexOf(by) + (id.startsWith('histories/') ? 0 : 1)
  const failed = results.filter((result) => result.status === 'failed').toSorted((a, b) => rank(a) - rank(b))
  return {
    ...heading,
    ok: failed.length === 0,
    passed: results.filter((result) => result.status === 'passed'),
    failed,
    skipped: results.filter((result) => result.status === 'skipped'),
  }
}
