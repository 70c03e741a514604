import type { TortureEvent } from '../history/event.js'
import { LATE_MS } from '../check/view.js'
import type { FaultCount, TortureCounts } from '../check/count.js'
import type { TortureVerdict } from '../check/judge.js'
import { tortureRules, type TortureRule } from '../check/verdict.js'
import { pictureOf } from './picture.js'

const MOST_PICTURES = 3

/**
 * A verdict for readers: the violations, with a picture; the number of judged observations and events; the assumptions.
 */
export function renderTorture(verdict: TortureVerdict, events: readonly TortureEvent[]): string {
  return [
    ...broken(verdict, events),
    'What was judged:',
    ...Object.entries(verdict.findings).map(([rule, { judged, violations, excused }]) => {
      const permitted = excused > 0 ? `, ${excused} permitted by an assumption` : ''
      return `  ${rule.padEnd(14)} ${judged} times, ${violations.length} broken${permitted}`
    }),
    '',
    'What happened:',
    ...happened(verdict.counts),
    '',
    'What was assumed:',
    ...ASSUMPTIONS.map((line) => `  - ${line}`),
    '',
    ...verdict.reasons.map((reason) => `not enough to judge: ${reason}`),
    `verdict: ${verdict.verdict}`,
    '',
  ].join('\n')
}

const ASSUMPTIONS = [
  'By a fault that loses data (see above) the store may forget each lease that was asked for before its end. Its holder may believe in it until the end of the fault and its ttl.',
  `By a steal, or a forced release, of the same name likewise. A client or the network may repeat either, up to ${LATE_MS / 1_000} s late.`,
  'A holder that does not know of its loss yet may hand the name on within its process, with a fence that was reserved before the loss.',
  'All processes and servers are on one host and have one clock.',
]

function broken({ violations }: TortureVerdict, events: readonly TortureEvent[]): readonly string[] {
  const timesOf = (rule: TortureRule): number => violations.filter((each) => each.rule === rule).length
  const rules = new Set(violations.map(({ rule }) => rule))
  const first = [...rules].flatMap((rule) => violations.filter((each) => each.rule === rule).slice(0, 1))
  return first
    .toSorted((one, other) => one.to - other.to)
    .flatMap((violation, index) => [
      `BROKEN: ${violation.rule}, ${timesOf(violation.rule)} times. ${tortureRules[violation.rule]}`,
      `  ${violation.text}`,
      ...(index < MOST_PICTURES ? ['', pictureOf(events, violation)] : []),
      '',
    ])
}

function happened(counts: TortureCounts): readonly string[] {
  const { faults, verbs, errors, audit, ...numbers } = counts
  const pairs = (entries: readonly (readonly [string, string | number])[]): string =>
    entries.map(([key, value]) => `${key} ${value}`).join(', ')
  const line = (title: string, numbersOf: Readonly<Record<string, number>>): readonly string[] =>
    Object.keys(numbersOf).length === 0 ? [] : [`  ${title}: ${pairs(Object.entries(numbersOf))}`]
  const done = Object.entries(faults).map(([kind, each]) => [kind, doneOf(each)] as const)
  return [
    `  ${pairs(Object.entries(numbers))}`,
    `  grants by call: ${pairs(Object.entries(verbs))}`,
    `  faults: ${done.length > 0 ? pairs(done) : 'none but those of processes'}`,
    ...line('errors by code and cause', errors),
    ...line('in the store itself', audit),
  ]
}

function doneOf({ done, struck, loses }: FaultCount): string {
  const more = [...(struck === null ? [] : [`struck ${struck}`]), ...(loses ? ['loses data'] : [])]
  return more.length === 0 ? `${done}` : `${done} (${more.join(', ')})`
}
