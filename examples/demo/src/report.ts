import type { Colors } from 'picocolors/types.js'
import type { Evidence } from './evidence.js'
import { drawTable, fairness, lostTurns } from './table.js'
import { drawAxis, drawTimeline, legendOf } from './timeline.js'
import type { Check } from './verdict.js'
import { ms } from './words.js'

const CLOSE_UP_MS = 600
const LABEL_WIDTH = 10
const MOST_WIDTH = 100

/** The evidence of a run, for people. */
export function writeReport(
  evidence: Evidence,
  checks: readonly Check[],
  { columns, colors }: { readonly columns: number; readonly colors: Colors },
): string {
  const { startedAt, turns, faults, store } = evidence
  const width = Math.max(20, Math.min(columns, MOST_WIDTH) - LABEL_WIDTH - 1)
  const firstAsked = Math.min(...turns.map(({ askedAt }) => askedAt))
  const lastEnded = Math.max(...turns.map(({ endedAt }) => endedAt))

  const timeline = (from: number, until: number): string[] => {
    const span = { from, until, width }
    const rows = drawTimeline(evidence, span).map((row, index) => {
      return `worker ${evidence.workers[index]?.id}  ${colors.cyan(row).replace(/[✗!]/, colors.red)}`
    })
    return [...rows, ' '.repeat(LABEL_WIDTH) + colors.dim(drawAxis(startedAt, span))]
  }
  // The close-up shows how the lock moves on from the killed worker; without a kill, the middle of the run.
  const grants = turns.map(({ grantedAt }) => grantedAt).toSorted((a, b) => a - b)
  const takenOverAt = grants.find((at) => at > (faults?.kill.at ?? Infinity)) ?? grants[grants.length >> 1]
  const closeUp = (takenOverAt ?? firstAsked) - CLOSE_UP_MS / 6
  const title = (text: string): string => colors.bold(text)
  const failures = checks.filter(({ ok }) => !ok).length

  return [
    title('Who held the lock when'),
    ...timeline(firstAsked, lastEnded),
    colors.dim(legendOf(evidence)),
    '',
    title(faults ? `Close up: ${CLOSE_UP_MS} ms around the take-over` : `Close up: ${CLOSE_UP_MS} ms`),
    ...timeline(closeUp, closeUp + CLOSE_UP_MS),
    '',
    title('Turns'),
    ...drawTable(evidence),
    ...lostTurns(evidence),
    fairness(evidence),
    '',
    title('Evidence'),
    ...checks.map(({ ok, text }) => `${ok ? colors.green('✓') : colors.red('✗ FAILED:')} ${text}`),
    ...(faults ? [] : ['- nobody was killed or stopped: that takes processes, and a Redis between them']),
    '',
    `${turns.length} turns in ${ms(evidence.endedAt - startedAt)}, on ${store}`,
    failures === 0
      ? colors.green('The lock held.')
      : colors.red(`The lock did not hold: ${failures} of ${checks.length} checks failed.`),
  ].join('\n')
}
