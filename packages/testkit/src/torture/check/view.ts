import type { CallBegun, CallEnded, FaultEvent, ProcessEvent, Terms, TortureEvent, Written } from '../history/event.js'

/** A call, and how it ended, if it has ended. */
export interface CallView {
  readonly begun: CallBegun
  ended?: CallEnded
}

/** A lease as its holder saw it. */
export interface LeaseView {
  readonly lease: string
  readonly group: string
  readonly p: string
  readonly names: readonly string[]
  readonly terms: Terms
  readonly fences: Readonly<Record<string, number | null>>
  readonly watched: boolean
  /** When the call for the lease began, and when it was granted. */
  readonly asked: number
  readonly granted: number
  /** When the hold of this handle was asked for: earlier than `asked` for a further handle. */
  readonly holdAsked: number
  /** Whether the lease is a grant of the store, and not a further handle on an earlier grant. */
  readonly fresh: boolean
  /**
   * The first and the last time that the lease said `held`. It was held all the time between: a lease that is not held
   * is never held again.
   */
  heldFrom?: number
  heldTo?: number
  /** When the lease first said that it is not held. */
  notHeld?: number
  signalled?: number
  /** When its holder began to give the lease up. */
  left?: number
  extended: boolean
}

/** An event by which the store may forget a lock, or give it to another owner by force. */
export interface Disturbance {
  readonly from: number
  readonly to: number
  /** The disturbed name; `undefined` for all names. */
  readonly name: string | undefined
}

export interface ProcessView {
  readonly p: string
  started?: number
  killed?: number
  exited?: ProcessEvent
  finished?: number
  /** The times in which the process did not run: stopped, or late by itself. */
  readonly frozen: { readonly from: number; to: number }[]
}

/** A history, sorted for the rules. */
export interface HistoryView {
  readonly events: readonly TortureEvent[]
  readonly end: number
  readonly calls: readonly CallView[]
  readonly leases: ReadonlyMap<string, LeaseView>
  readonly writes: readonly Written[]
  readonly disturbances: readonly Disturbance[]
  readonly processes: ReadonlyMap<string, ProcessView>
}

/** How late a command may be executed that was sent again by a client or the network, in milliseconds: an assumption. */
export const LATE_MS = 6_000

/** Sorts a history, which is in the order of time. */
export function viewOf(events: readonly TortureEvent[]): HistoryView {
  const calls = new Map<string, CallView>()
  const leases = new Map<string, LeaseView>()
  const processes = new Map<string, ProcessView>()
  const writes: Written[] = []
  const faults: FaultEvent[] = []
  const processOf = (p: string): ProcessView => {
    let found = processes.get(p)
    if (found === undefined) processes.set(p, (found = { p, frozen: [] }))
    return found
  }
  for (const event of events) {
    if (event.type === 'call') begin(event, calls, leases)
    else if (event.type === 'end') end(event, calls, leases)
    else if (event.type === 'held') sample(leases.get(event.lease), event)
    else if (event.type === 'signalled') signal(leases.get(event.lease), event.t)
    else if (event.type === 'write') writes.push(event)
    else if (event.type === 'fault') faults.push(event)
    else if (event.type === 'process') note(processOf(event.of), event)
    else if (event.type === 'lag') processOf(event.p).frozen.push({ from: event.from, to: event.t })
    else if (event.type === 'bye') processOf(event.p).finished = event.t
  }
  return {
    events,
    end: events.at(-1)?.t ?? 0,
    calls: [...calls.values()],
    leases,
    writes,
    disturbances: [...losses(faults), ...steals(calls.values())],
    processes,
  }
}

/** How long a process did not run between two times. */
export function frozenMs(process: ProcessView | undefined, from: number, to: number): number {
  let sum = 0
  for (const each of process?.frozen ?? []) sum += Math.max(0, Math.min(to, each.to) - Math.max(from, each.from))
  return sum
}

function begin(event: CallBegun, calls: Map<string, CallView>, leases: Map<string, LeaseView>): void {
  calls.set(event.id, { begun: event })
  const lease = event.lease === undefined ? undefined : leases.get(event.lease)
  if (lease === undefined) return
  if (event.verb === 'extend') lease.extended = true
  if (event.verb === 'release' || event.verb === 'ticket') lease.left ??= event.t
}

function end(event: CallEnded, calls: Map<string, CallView>, leases: Map<string, LeaseView>): void {
  const call = calls.get(event.id)
  if (call === undefined) return
  call.ended = event
  const { grant } = event
  const { terms, verb, names, t } = call.begun
  if (grant === undefined || terms === undefined) return
  const { lease, group, fences, watched } = grant
  const fresh = verb !== 'within' && verb !== 'resume'
  const handle = { lease, group, p: event.p, names, terms, fences, watched, fresh }
  // A handle within another handle asks no store: a group has the name of its first lease.
  const holdAsked = verb === 'within' ? (leases.get(group)?.holdAsked ?? t) : t
  leases.set(lease, { ...handle, asked: t, granted: event.t, holdAsked, extended: false })
}

function sample(lease: LeaseView | undefined, { t, held }: { readonly t: number; readonly held: boolean }): void {
  if (lease === undefined) return
  if (!held) lease.notHeld ??= t
  else {
    lease.heldFrom ??= t
    lease.heldTo = t
  }
}

function signal(lease: LeaseView | undefined, t: number): void {
  if (lease !== undefined) lease.signalled ??= t
}

function note(process: ProcessView, event: ProcessEvent): void {
  const { what, t } = event
  if (what === 'start') process.started = t
  else if (what === 'kill') process.killed = t
  else if (what === 'exit') process.exited = event
  else if (what === 'stop') process.frozen.push({ from: t, to: Infinity })
  else if (what === 'continue') {
    const last = process.frozen.findLast(({ to }) => to === Infinity)
    if (last !== undefined) last.to = t
  }
}

function losses(faults: readonly FaultEvent[]): readonly Disturbance[] {
  const ends = new Map(faults.filter(({ phase }) => phase === 'end').map(({ id, t }) => [id, t]))
  return faults
    .filter(({ phase, loses }) => phase === 'begin' && loses)
    .map(({ id, t }) => ({ from: t, to: ends.get(id) ?? Infinity, name: undefined }))
}

function steals(calls: Iterable<CallView>): readonly Disturbance[] {
  const found: Disturbance[] = []
  for (const { begun, ended } of calls) {
    if (begun.verb !== 'forceRelease' && begun.terms?.steal !== true) continue
    for (const name of begun.names) found.push({ from: begun.t, to: (ended?.t ?? begun.t) + LATE_MS, name })
  }
  return found
}
