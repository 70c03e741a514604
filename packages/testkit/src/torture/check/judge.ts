import type { TortureEvent } from '../history/event.js'
import { checkCalls } from './calls.js'
import { countsOf, type TortureCounts } from './count.js'
import { checkExclusion } from './exclusion.js'
import { excusesOf } from './excuses.js'
import { checkFences, checkWrites } from './fences.js'
import { checkTerms, checkSignals } from './losses.js'
import { checkAudit, checkErrors, checkProcesses, checkSecrets } from './processes.js'
import { viewOf } from './view.js'
import type { Finding, TortureRule, Violation } from './verdict.js'

/** The verdict of the checker on a history. The checker knows nothing of the lock: it reads the written history. */
export interface TortureVerdict {
  /** `'inconclusive'`: no rule was broken, but too little happened for a verdict; `reasons` says what is missing. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  readonly reasons: readonly string[]
  /** The violations, by time. */
  readonly violations: readonly Violation[]
  readonly findings: Readonly<Record<TortureRule, Finding>>
  readonly counts: TortureCounts
}

const FEWEST_GRANTS = 100
const FEWEST_CONTENDED = 20
/**
 * A fault that was done so often and never struck does not work. A fault that was done less often may have met no call.
 */
const OFTEN_DONE = 3

/** Judges a history: the events of all processes, in the order of time. */
export function judgeHistory(events: readonly TortureEvent[]): TortureVerdict {
  const view = viewOf(events)
  const excuses = excusesOf(view.disturbances)
  const findings: Readonly<Record<TortureRule, Finding>> = {
    ...checkExclusion(view, excuses),
    fences: checkFences(view, excuses),
    'stale-write': checkWrites(view, excuses),
    ends: checkCalls(view),
    'held-too-long': checkTerms(view),
    'loss-signal': checkSignals(view),
    errors: checkErrors(view),
    process: checkProcesses(view),
    audit: checkAudit(view),
    secrets: checkSecrets(view),
  }
  const violations = Object.values(findings)
    .flatMap((finding) => finding.violations)
    .toSorted((one, other) => one.to - other.to)
  const counts = countsOf(view)
  const audited = events.flatMap((event) => (event.type === 'audit' ? (event.missing ?? []) : []))
  const reasons = [...missingIn(counts), ...audited]
  const verdict = violations.length > 0 ? 'fail' : reasons.length > 0 ? 'inconclusive' : 'pass'
  return { verdict, reasons, violations, findings, counts }
}

function missingIn({ grants, contended, kills, stops, losses, faults, ...counts }: TortureCounts): readonly string[] {
  const idle = Object.entries(faults).filter(([, { struck, done }]) => struck === 0 && done >= OFTEN_DONE)
  return [
    ...(grants < FEWEST_GRANTS ? [`${grants} grants are too few: ${FEWEST_GRANTS} are wanted`] : []),
    ...(contended < FEWEST_CONTENDED
      ? [`${contended} contended grants are too few: ${FEWEST_CONTENDED} are wanted`]
      : []),
    ...(kills === 0 ? ['no process was killed'] : []),
    ...(stops === 0 ? ['no process was stopped'] : []),
    ...(losses === 0 ? ['no lease was lost'] : []),
    ...(counts.guardedWrites > 0 && counts.guardedWritesLost === 0 ? ['no guarded write was refused'] : []),
    ...idle.map(([kind]) => `the fault ${kind} was done ${faults[kind]?.done} times and never struck`),
  ]
}
