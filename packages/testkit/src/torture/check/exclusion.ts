import type { Excuses } from './excuses.js'
import type { HistoryView, LeaseView } from './view.js'
import type { Finding, TortureRule, Violation } from './verdict.js'

interface Interval {
  readonly lease: LeaseView
  readonly from: number
  readonly to: number
}

/** Whether leases exclude each other where they have to, and keep to their limits. */
export function checkExclusion(view: HistoryView, excuses: Excuses): Readonly<Record<'exclusion' | 'limit', Finding>> {
  const exclusion = collect()
  const limit = collect()
  for (const [name, intervals] of intervalsOf(view)) {
    sweep(intervals, (next, others) => {
      exclusion.judged += 1
      for (const other of others) {
        if (next.lease.terms.mode === 'shared' && other.lease.terms.mode === 'shared') continue
        const excused =
          excuses.overtaken(other.lease, name, next.from) || excuses.overtaken(next.lease, name, next.from)
        exclusion.add(excused, () => overlap(name, other, next))
      }
      if (next.lease.terms.mode !== 'shared') return
      const sharing = [next, ...others.filter(({ lease }) => lease.terms.mode === 'shared')]
      const most = Math.max(...sharing.map(({ lease }) => lease.terms.limit ?? Infinity))
      if (most === Infinity) return
      limit.judged += 1
      if (new Set(sharing.map(({ lease }) => lease.group)).size <= most) return
      const excused = sharing.some(({ lease }) => excuses.overtaken(lease, name, next.from))
      limit.add(excused, () => crowd(name, most, sharing))
    })
  }
  return { exclusion: exclusion.finding(), limit: limit.finding() }
}

function intervalsOf({ leases }: HistoryView): ReadonlyMap<string, Interval[]> {
  const found = new Map<string, Interval[]>()
  for (const lease of leases.values()) {
    const { heldFrom: from, heldTo: to } = lease
    if (from === undefined || to === undefined) continue
    for (const name of lease.names) {
      const known = found.get(name)
      if (known === undefined) found.set(name, [{ lease, from, to }])
      else known.push({ lease, from, to })
    }
  }
  return found
}

/** Calls `onNext` for each interval, with the intervals of other groups that had begun before it and have not ended. */
function sweep(intervals: Interval[], onNext: (next: Interval, others: readonly Interval[]) => void): void {
  let active: Interval[] = []
  for (const next of intervals.sort((one, other) => one.from - other.from)) {
    active = active.filter(({ to }) => to > next.from)
    onNext(
      next,
      active.filter(({ lease }) => lease.group !== next.lease.group),
    )
    active.push(next)
  }
}

interface Collector {
  judged: number
  readonly add: (excused: boolean, violation: () => Violation) => void
  readonly finding: () => Finding
}

/** Collects the violations of a rule. */
export function collect(): Collector {
  const violations: Violation[] = []
  let excusedSoFar = 0
  return {
    judged: 0,
    add: (excused, violation) => {
      if (excused) excusedSoFar += 1
      else violations.push(violation())
    },
    finding(): Finding {
      return { violations, judged: this.judged, excused: excusedSoFar }
    },
  }
}

function overlap(name: string, one: Interval, other: Interval): Violation {
  const to = Math.min(one.to, other.to)
  const kinds = `${one.lease.terms.mode} and ${other.lease.terms.mode}`
  const text = `${name}: two leases, ${kinds}, both said held for ${(to - other.from).toFixed(1)} ms`
  return about('exclusion', text, { names: [name], from: other.from, to, intervals: [one, other] })
}

function crowd(name: string, most: number, sharing: readonly Interval[]): Violation {
  const from = Math.max(...sharing.map((each) => each.from))
  const to = Math.min(...sharing.map((each) => each.to))
  const text = `${name}: ${sharing.length} leases said held at one time, where ${most} may`
  return about('limit', text, { names: [name], from, to, intervals: sharing })
}

function about(
  rule: TortureRule,
  text: string,
  where: { names: readonly string[]; from: number; to: number; intervals: readonly Interval[] },
): Violation {
  const { names, from, to, intervals } = where
  const leases = intervals.map(({ lease }) => lease.lease)
  return { rule, text, from, to, names, leases, processes: intervals.map(({ lease }) => lease.p) }
}
