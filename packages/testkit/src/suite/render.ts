import { kindOf, memberOf } from './arguments.js'
import { rules, rulesLink } from './rules.js'
import type { ConformanceReport } from './run.js'
import type { CaseFailed } from './result.js'

/** Writes a report as text: failures in full, skips by reason, and the totals in the last line. */
export function renderReport(report: ConformanceReport): string {
  checkReport(report)
  const { passed, failed, skipped } = report
  const lines = [`Conformance of ${report.target} (backend '${report.backend}')`, '']
  for (const { id, durationMs } of passed) lines.push(`  ok    ${id} (${Math.round(durationMs)} ms)`)
  for (const [reason, ids] of byReason(report)) {
    lines.push('', `  skipped: ${reason}`, ...ids.map((id) => `  -     ${id}`))
  }
  for (const one of failed) lines.push('', ...renderFailure(one))
  const totals = [`${passed.length} passed`, `${failed.length} failed`, `${skipped.length} skipped`]
  lines.push('', `${report.ok ? 'PASS' : 'FAIL'}: ${totals.join(', ')} in ${(report.durationMs / 1000).toFixed(1)} s`)
  return `${lines.join('\n')}\n`
}

function checkReport(report: unknown): void {
  if (['passed', 'failed', 'skipped'].every((name) => Array.isArray(memberOf(report, name)))) return
  throw new TypeError(`renderReport needs the report of runConformance, got ${kindOf(report)}`)
}

const said = {
  promise: '',
  threw: 'the backend threw ',
  timeout: 'the case did not end: ',
  target: 'the target made a mistake, and nothing is said about its backend: ',
}

/** The text of a failure: the promise, the call and its answer, the rule of the contract, and the calls before. */
export function renderFailure({ id, title, by, error, rule, calls }: CaseFailed): readonly string[] {
  const text = `${said[by]}${describe(error)}`
  // A history shows its calls itself.
  const before =
    calls.length === 0 || text.includes('the calls (')
      ? []
      : ['the last calls:', ...calls.slice(-SHOWN_CALLS).map((line) => `  ${line}`)]
  const broken = by === 'target' ? [] : [`rule:   ${rules[rule]}`, `        ${rulesLink}`]
  const body = [...text.split('\n'), ...broken, ...before]
  return [`  FAIL  ${id}: ${title}`, ...body.map((line) => `        ${line}`)]
}

const SHOWN_CALLS = 8

function describe(error: Error): string {
  const { cause } = error
  const because = cause instanceof Error ? `\n  cause: ${cause.name}: ${cause.message}` : ''
  return (
    (['BrokenPromise', 'TargetMistake'].includes(error.name) ? error.message : `${error.name}: ${error.message}`) +
    because
  )
}

function byReason({ skipped }: ConformanceReport): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { id, reason } of skipped) groups.set(reason, [...(groups.get(reason) ?? []), id])
  return groups
}
