import type { ConformanceReport } from './run.js'

/** Writes a report as text: failures in full, skips by reason, and the totals in the last line. */
export function renderReport(report: ConformanceReport): string {
  const { passed, failed, skipped } = report
  const lines = [`Conformance of ${report.target} (backend '${report.backend}')`, '']
  for (const { id, durationMs } of passed) lines.push(`  ok    ${id} (${Math.round(durationMs)} ms)`)
  for (const [reason, ids] of byReason(report)) {
    lines.push('', `  skipped: ${reason}`, ...ids.map((id) => `  -     ${id}`))
  }
  for (const { id, title, by, error } of failed) {
    lines.push(
      '',
      `  FAIL  ${id}: ${title}`,
      ...`${said[by]}${describe(error)}`.split('\n').map((line) => `        ${line}`),
    )
  }
  const totals = [`${passed.length} passed`, `${failed.length} failed`, `${skipped.length} skipped`]
  lines.push('', `${report.ok ? 'PASS' : 'FAIL'}: ${totals.join(', ')} in ${(report.durationMs / 1000).toFixed(1)} s`)
  return `${lines.join('\n')}\n`
}

const said = { promise: '', threw: 'the backend threw ', timeout: 'the case did not end: ' }

function describe(error: Error): string {
  const { cause } = error
  const because = cause instanceof Error ? `\n  cause: ${cause.name}: ${cause.message}` : ''
  return (error.name === 'BrokenPromise' ? error.message : `${error.name}: ${error.message}`) + because
}

function byReason({ skipped }: ConformanceReport): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { id, reason } of skipped) groups.set(reason, [...(groups.get(reason) ?? []), id])
  return groups
}
