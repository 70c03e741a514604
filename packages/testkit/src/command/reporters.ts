import { renderFailure, renderReport } from '../suite/render.js'
import { rules, rulesLink } from '../suite/rules.js'
import type { ConformanceReport } from '../suite/run.js'

/** Writes a report, in a form for readers or for tools. */
export const reporters: Readonly<Record<'text' | 'json' | 'junit', (report: ConformanceReport) => string>> = {
  text: (report) => {
    // The failures first: a reader of the first lines knows what is wrong.
    const failures = report.failed.flatMap((one) => [...renderFailure(one), ''])
    const heading = `${report.target} (backend '${report.backend}') ${verdictOf(report)}; --seed ${report.seed}`
    const summary = renderReport({ ...report, failed: [] })
    const rest = summary
      .split('\n')
      .slice(2, -2)
      .filter((line, index, lines) => line !== '' || lines[index - 1] !== '')
    const totals = `${report.passed.length} passed, ${report.failed.length} failed, ${report.skipped.length} skipped`
    const last = `${report.ok ? 'PASS' : 'FAIL'}: ${totals} in ${(report.durationMs / 1000).toFixed(1)} s`
    return `${[heading, '', ...failures, ...rest, last].join('\n')}\n`
  },
  json: (report) => {
    const failed = report.failed.map(({ error, rule, ...rest }) => ({
      ...rest,
      rule: { id: rule, text: rules[rule], link: rulesLink },
      error: { name: error.name, message: error.message },
    }))
    return `${JSON.stringify({ ...report, failed }, null, 2)}\n`
  },
  junit: (report) => {
    const { passed, failed, skipped } = report
    const seconds = (ms: number): string => (ms / 1000).toFixed(3)
    const cases = [
      ...passed.map(({ id, durationMs }) => `    <testcase name="${xml(id)}" time="${seconds(durationMs)}"/>`),
      ...failed.map((one) => {
        const text = xml(renderFailure(one).join('\n'))
        const message = one.by === 'target' ? 'the target made a mistake' : rules[one.rule]
        return `    <testcase name="${xml(one.id)}" time="${seconds(one.durationMs)}"><failure message="${xml(message)}">${text}</failure></testcase>`
      }),
      ...skipped.map(
        ({ id, reason }) => `    <testcase name="${xml(id)}"><skipped message="${xml(reason)}"/></testcase>`,
      ),
    ]
    const count = passed.length + failed.length + skipped.length
    const counts = `tests="${count}" failures="${failed.length}" skipped="${skipped.length}" time="${seconds(report.durationMs)}"`
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites>',
      `  <testsuite name="${xml(report.target)}" ${counts}>`,
      ...cases,
      '  </testsuite>',
      '</testsuites>\n',
    ].join('\n')
  },
}

/** Whether each failure is a mistake of the target, so that no promise of the backend is known to be broken. */
export const isOfTarget = ({ failed }: Pick<ConformanceReport, 'failed'>): boolean =>
  failed.length > 0 && failed.every(({ by }) => by === 'target')

function verdictOf(report: ConformanceReport): string {
  if (report.ok) return 'keeps its promises'
  return isOfTarget(report) ? 'is not judged by every case: its target made a mistake' : 'breaks a promise'
}

/** Characters that XML does not permit, escaped or left out. */
function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll(/[^\P{Cc}\t]|\p{Cs}|[\uFFFE\uFFFF]/gu, '?')
}
