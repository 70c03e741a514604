import type { FailureCode, LeaseEvent, LockEvent, LockObserver } from '../../src/index.js'

/** The events of one locker, sorted by acquisition and by lease. */
export interface Ledger {
  readonly observer: Required<Omit<LockObserver, 'enabled'>>
  /** The acquisitions that have started and not ended: from the id to the caller. */
  readonly open: ReadonlyMap<number, unknown>
  /** The acquisitions that wait. */
  readonly waiting: ReadonlySet<number>
  /** The leases that are held: from the id of the lease to the `id` of its events. */
  readonly held: ReadonlyMap<number, number>
  readonly counts: { started: number; acquired: number; failed: number; resumed: number }
  readonly failures: Partial<Record<FailureCode, number>>
}

export interface LedgerOptions {
  /** Called when the events contradict each other. */
  fail(message: string): void
  /** Answers the caller in whose async context the event is emitted. */
  callerNow?(): unknown
  /** Called with each event. */
  onEvent?(hook: string, event: LockEvent): void
}

const LEASE_FIELDS = ['id', 'leaseId', 'name', 'mode']

/** An observer that checks that no event comes twice, in the wrong order, or in the context of another caller. */
export function eventLedger({ fail, callerNow = () => undefined, onEvent = () => {} }: LedgerOptions): Ledger {
  const open = new Map<number, unknown>()
  const waiting = new Set<number>()
  const held = new Map<number, number>()
  const counts = { started: 0, acquired: 0, failed: 0, resumed: 0 }
  const failures: Partial<Record<FailureCode, number>> = {}
  let lastId = 0

  const note = (hook: string, event: LockEvent, fields: readonly string[] = []): void => {
    onEvent(hook, event)
    for (const field of ['id', 'name', 'mode', ...fields])
      if (event[field as keyof LockEvent] === undefined) fail(`${hook} without ${field}`)
  }
  const ofCall = (hook: string, event: LockEvent, fields?: readonly string[]): void => {
    note(hook, event, fields)
    if (!open.has(event.id)) fail(`${hook} of ${event.id}, which has not started or has ended`)
    if (open.get(event.id) !== callerNow()) fail(`${hook} of ${event.id} in the context of another caller`)
  }
  const end = (hook: string, event: LockEvent, fields: readonly string[]): void => {
    ofCall(hook, event, fields)
    open.delete(event.id)
    waiting.delete(event.id)
  }
  const begin = (event: LeaseEvent): void => {
    if (held.has(event.leaseId)) fail(`lease ${event.leaseId} begins twice`)
    held.set(event.leaseId, event.id)
  }
  const ofLease = (hook: string, event: LeaseEvent, fields: readonly string[] = []): void => {
    note(hook, event, [...LEASE_FIELDS, ...fields])
    if (held.get(event.leaseId) !== event.id) fail(`${hook} of lease ${event.leaseId}, which is not held`)
  }
  const endLease = (hook: string, event: LeaseEvent, fields: readonly string[] = []): void => {
    ofLease(hook, event, ['names', 'heldMs', ...fields])
    held.delete(event.leaseId)
  }

  const observer: Ledger['observer'] = {
    started: (event) => {
      note('started', event, ['names'])
      if (event.id <= lastId) fail(`id ${event.id} after ${lastId}`)
      lastId = event.id
      counts.started++
      open.set(event.id, callerNow())
    },
    waiting: (event) => {
      ofCall('waiting', event)
      if (waiting.has(event.id)) fail(`${event.id} waits twice`)
      waiting.add(event.id)
    },
    contended: (event) => ofCall('contended', event, ['attempt', 'retryAfterMs']),
    acquired: (event) => {
      end('acquired', event, [...LEASE_FIELDS, 'names', 'waitedMs', 'attempts', 'fence'])
      counts.acquired++
      begin(event)
    },
    failed: (event) => {
      end('failed', event, ['names', 'code', 'waitedMs', 'attempts'])
      counts.failed++
      failures[event.code] = (failures[event.code] ?? 0) + 1
    },
    renewed: (event) => ofLease('renewed', event, ['remainingMs']),
    renewalFailed: (event) => ofLease('renewalFailed', event, ['remainingMs', 'cause']),
    lost: (event) => endLease('lost', event, ['reason']),
    released: (event) => endLease('released', event),
    handedOver: (event) => endLease('handedOver', event),
    resumed: (event) => {
      note('resumed', event, [...LEASE_FIELDS, 'names', 'remainingMs'])
      counts.resumed++
      begin(event)
    },
    hintsLost: () => {},
    hintsBack: () => {},
  }
  return { observer, open, waiting, held, counts, failures }
}
