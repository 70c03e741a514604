import type { HistoryView } from './view.js'

/** The numbers of events in a run. A run in which little happened is no evidence. */
export interface TortureCounts {
  readonly calls: number
  readonly grants: number
  /** Grants that had to wait while another lease held the name, or waited for it. */
  readonly contended: number
  readonly refused: number
  readonly unknown: number
  readonly losses: number
  readonly stolen: number
  readonly resumed: number
  readonly shared: number
  readonly writes: number
  readonly staleWritesRefused: number
  /** Writes that the store let depend on a lease: done, and not done because the lease was not held any more. */
  readonly guardedWrites: number
  readonly guardedWritesLost: number
  readonly processes: number
  readonly kills: number
  readonly stops: number
  readonly faults: Readonly<Record<string, FaultCount>>
  /** Grants by verb. */
  readonly verbs: Readonly<Record<string, number>>
  /** Calls that failed, by the code of the error and those of its causes. */
  readonly errors: Readonly<Record<string, number>>
  /** The numbers of the target's own audit. */
  readonly audit: Readonly<Record<string, number>>
}

/** The faults of a kind: how many were done, and how many calls they struck, if that is known. */
export interface FaultCount {
  readonly done: number
  readonly struck: number | null
  readonly loses: boolean
}

export function countsOf(view: HistoryView): TortureCounts {
  const { calls, leases, writes, events, processes } = view
  const outcomes = (outcome: string): number => calls.filter(({ ended }) => ended?.outcome === outcome).length
  const verbs: Record<string, number> = {}
  for (const { begun, ended } of calls) if (ended?.grant) verbs[begun.verb] = (verbs[begun.verb] ?? 0) + 1
  const guarded = (outcome: string): number =>
    calls.filter(({ begun, ended }) => begun.verb === 'guardedWrite' && ended?.outcome === outcome).length
  const all = [...leases.values()]
  const signals = (what: string): number =>
    events.filter((event) => event.type === 'process' && event.what === what).length
  return {
    calls: calls.length,
    grants: all.length,
    contended: contendedOf(view),
    refused: outcomes('refused'),
    unknown: outcomes('unknown'),
    losses: all.filter(({ notHeld, signalled }) => notHeld !== undefined || signalled !== undefined).length,
    stolen: all.filter(({ terms }) => terms.steal).length,
    resumed: verbs['resume'] ?? 0,
    shared: all.filter(({ terms }) => terms.mode === 'shared').length,
    writes: writes.length,
    staleWritesRefused: writes.filter(({ accepted }) => !accepted).length,
    guardedWrites: guarded('done'),
    guardedWritesLost: guarded('lost'),
    processes: processes.size,
    kills: signals('kill'),
    stops: signals('stop'),
    faults: faultsOf(view),
    verbs,
    errors: errorsOf(view),
    audit: events.reduce<TortureCounts['audit']>(
      (counts, event) => (event.type === 'audit' ? { ...counts, ...event.counts } : counts),
      {},
    ),
  }
}

function errorsOf({ calls }: HistoryView): TortureCounts['errors'] {
  const found: Record<string, number> = {}
  for (const { ended } of calls) {
    if (ended?.code === undefined) continue
    const words = [ended.code, ...(ended.causes ?? [])].join(' ')
    found[words] = (found[words] ?? 0) + 1
  }
  return found
}

/** Counts the grants whose call began while another lease said held. */
function contendedOf({ leases }: HistoryView): number {
  const heldTo = new Map<string, number>()
  let count = 0
  for (const lease of [...leases.values()].toSorted((one, other) => one.granted - other.granted)) {
    if (lease.fresh && lease.names.some((name) => (heldTo.get(name) ?? -Infinity) > lease.asked)) count += 1
    for (const name of lease.names)
      heldTo.set(name, Math.max(heldTo.get(name) ?? -Infinity, lease.heldTo ?? lease.granted))
  }
  return count
}

function faultsOf({ events }: HistoryView): TortureCounts['faults'] {
  const found: Record<string, { done: number; struck: number | null; loses: boolean }> = {}
  for (const event of events) {
    if (event.type !== 'fault' || event.phase !== 'end') continue
    const known = (found[event.kind] ??= { done: 0, struck: null, loses: event.loses })
    known.done += 1
    if (event.fired !== undefined) known.struck = (known.struck ?? 0) + event.fired
  }
  return found
}
