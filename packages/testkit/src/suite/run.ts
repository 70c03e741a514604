import { conformanceCases } from '../cases/index.js'
import { checkConformanceOptions } from './arguments.js'
import type { ConformanceCase } from './case.js'
import { TargetMistake } from './disturbed.js'
import { LIMIT_MS } from './limits.js'
import type { CaseFailed, CasePassed, CaseResult, CaseSkipped } from './result.js'
import { openSession, type SessionOptions } from './session.js'
import type { ConformanceTarget } from './target.js'

/** Options of {@link runConformance} and of `testConformance`. */
export interface ConformanceOptions extends SessionOptions {
  /** Which cases to run. Default: all of them. */
  readonly cases?: readonly ConformanceCase[]
  /** How many cases run at once in real time. Default 8. In virtual time they always run one after another. */
  readonly concurrency?: number
  /** Called when a case begins, and with its result when it ends. */
  onStart?(one: ConformanceCase): void
  onResult?(result: CaseResult): void
}

/** The report of a run. */
export interface ConformanceReport {
  /** Name of the target. */
  readonly target: string
  /** Name of the backend. */
  readonly backend: string
  /** Whether no case failed. Says nothing about skipped cases. */
  readonly ok: boolean
  readonly passed: readonly CasePassed[]
  readonly failed: readonly CaseFailed[]
  readonly skipped: readonly CaseSkipped[]
  /** Real milliseconds from opening to closing the target. */
  readonly durationMs: number
  /** The seed with which random cases repeat the same calls. */
  readonly seed: number
}

/**
 * Runs the suite without any test runner and answers a report. Prints nothing.
 *
 * Rejects only when the target cannot be opened, or for a mistake in the arguments: no target, an unknown option, a bad
 * value (`TypeError`, `RangeError`). A backend that fails, throws or hangs is reported.
 */
export async function runConformance(
  target: ConformanceTarget,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  checkConformanceOptions('runConformance', options)
  const { cases = conformanceCases, concurrency = 8, limitMs = LIMIT_MS } = options
  const startedAt = performance.now()
  const session = await openSession(target, { ...options, limitMs })
  const results = await inParallel(cases, session.realTime ? concurrency : 1, async (one) => {
    options.onStart?.(one)
    const result = attributed(await session.run(one))
    options.onResult?.(result)
    return result
  })
  const closing = await session.close()
  const failed = results.filter((result) => result.status === 'failed')
  if (closing !== null) failed.push(closing)
  return Object.freeze({
    target: target.name,
    backend: session.backendName,
    ok: failed.length === 0,
    passed: Object.freeze(results.filter((result) => result.status === 'passed')),
    failed: Object.freeze(failed),
    skipped: Object.freeze(results.filter((result) => result.status === 'skipped')),
    durationMs: performance.now() - startedAt,
    seed: session.seed,
  })
}

/** Blames the target, not its backend, for a mistake of the target. */
function attributed(result: CaseResult): CaseResult {
  if (result.status !== 'failed' || !(result.error instanceof TargetMistake)) return result
  return Object.freeze({ ...result, by: 'target' })
}

async function inParallel(
  cases: readonly ConformanceCase[],
  width: number,
  run: (one: ConformanceCase) => Promise<CaseResult>,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  const queue = cases.entries()
  const work = async (): Promise<void> => {
    for (const [index, one] of queue) results[index] = await run(one)
  }
  await Promise.all(Array.from({ length: width }, work))
  return results
}
