import type { TortureEvent } from '../history/event.js'
import { type LeaseView, viewOf } from '../check/view.js'
import { seconds, type Violation } from '../check/verdict.js'
import { wordsFor } from './words.js'

const COLUMNS = 72
const MOST_LANES = 14
const MOST_LINES = 48
const LONGEST_MS = 12_000

interface Window {
  readonly from: number
  readonly to: number
  readonly start: number
}

/** The events around a violation: a lane for each lease, and the events in words. */
export function pictureOf(events: readonly TortureEvent[], violation: Violation): string {
  const start = events[0]?.t ?? 0
  const window = windowAround(violation, start)
  const around = events.filter(({ t }) => t <= window.to)
  return [
    `${seconds(window.from - start)} s to ${seconds(window.to - start)} s. Lanes: . asks  # says held  x says not held  ! signals its loss  < is given up`,
    ...lanes(around, violation, window),
    '',
    ...lines(around, violation, window),
  ].join('\n')
}

function windowAround({ from, to }: Violation, start: number): Window {
  const begin = Math.max(from, to - LONGEST_MS)
  const pad = Math.max(50, Math.min(1_000, (to - begin) / 2))
  return { from: begin - pad, to: to + pad, start }
}

function lanes(events: readonly TortureEvent[], violation: Violation, window: Window): readonly string[] {
  const view = viewOf(events)
  const isIn = (from: number, to: number): boolean => from <= window.to && to >= window.from
  const shown = [...view.leases.values()]
    .filter((lease) => lease.names.some((name) => violation.names.includes(name)))
    .filter((lease) => isIn(lease.asked, lease.heldTo ?? lease.granted))
    .toSorted((one, other) => rank(violation, one) - rank(violation, other) || one.granted - other.granted)
    .slice(0, MOST_LANES)
    .toSorted((one, other) => one.granted - other.granted)
  const leases = shown.map((lease) => row(`${lease.lease} ${lease.terms.mode}`, drawLease(lease, window)))
  const frozen = [...view.processes.values()]
    .filter(({ p }) => violation.processes.includes(p))
    .flatMap(({ p, frozen: times }) =>
      times
        .filter(({ from, to }) => isIn(from, to))
        .map(({ from, to }) => row(`${p} did not run`, draw(window, [['z', from, to]]))),
    )
  const faults = faultsIn(events, isIn).map(({ kind, from, to }) => row(kind, draw(window, [['~', from, to]])))
  return [...leases, ...frozen, ...faults.slice(0, MOST_LANES)]
}

const rank = ({ leases }: Violation, { lease }: LeaseView): number => (leases.includes(lease) ? 0 : 1)

function drawLease({ asked, granted, heldFrom, heldTo, notHeld, signalled, left }: LeaseView, window: Window): string {
  return draw(window, [
    ['.', asked, granted],
    ['-', granted, heldFrom ?? granted],
    ['#', heldFrom, heldTo],
    ['x', notHeld, notHeld],
    ['<', left, left],
    ['!', signalled, signalled],
  ])
}

type Mark = readonly [sign: string, from: number | undefined, to: number | undefined]

function draw({ from: begin, to: end }: Window, marks: readonly Mark[]): string {
  const cells = Array.from({ length: COLUMNS }, () => ' ')
  const column = (t: number): number => Math.floor(((t - begin) / (end - begin)) * (COLUMNS - 1))
  for (const [sign, from, to] of marks) {
    if (from === undefined || to === undefined || to < begin || from > end) continue
    const last = Math.min(COLUMNS - 1, column(Math.min(to, end)))
    for (let at = Math.max(0, column(from)); at <= last; at++) cells[at] = sign
  }
  return cells.join('')
}

const row = (title: string, cells: string): string => `${title.slice(0, 24).padEnd(24)} |${cells}|`

function faultsIn(
  events: readonly TortureEvent[],
  isIn: (from: number, to: number) => boolean,
): readonly { readonly kind: string; readonly from: number; readonly to: number }[] {
  const ends = new Map(
    events.flatMap((event) => (event.type === 'fault' && event.phase === 'end' ? [[event.id, event.t]] : [])),
  )
  return events
    .filter((event) => event.type === 'fault')
    .filter(({ phase }) => phase === 'begin')
    .map(({ id, kind, t }) => ({ kind, from: t, to: ends.get(id) ?? Infinity }))
    .filter(({ from, to }) => isIn(from, to))
}

function lines(events: readonly TortureEvent[], violation: Violation, window: Window): readonly string[] {
  const words = wordsFor(events, violation)
  const shown = events
    .filter(({ t }) => t >= window.from)
    .flatMap((event) => {
      const text = words(event)
      return text === null ? [] : [`  ${seconds(event.t - window.start)}  ${event.p.padEnd(12)} ${text}`]
    })
  if (shown.length <= MOST_LINES) return shown
  return [...shown.slice(0, MOST_LINES / 2), `  … ${shown.length - MOST_LINES} more …`, ...shown.slice(-MOST_LINES / 2)]
}
