import type { Lease, LockBackend, Locker } from '@holdfast/core'
import type { Random } from '../suite/random.js'

/**
 * A store under torture. A module exports one, as its default export or as `target`; it is imported by the orchestrator
 * and by each worker process.
 *
 * @example
 * ```ts
 * export default {
 *   name: 'my store',
 *   open: async () => ({ places: [{ name: 'my client', url: process.env.STORE_URL }] }),
 *   connect: async ({ url }) => ({ backend: myBackend(url) }),
 * }
 * ```
 */
export interface TortureTarget<P extends Place = Place> {
  /** Names the target in reports. */
  readonly name: string
  /** Called once, by the orchestrator: starts what has to be started. */
  open(): Promise<TortureStore<P>>
  /** Called once in each worker process. */
  connect(place: P): Promise<Connection>
}

/** A path to the store: a client library over an address. Handed to worker processes as JSON. */
export interface Place {
  /** Names the place in reports. */
  readonly name: string
}

/** The result of {@link TortureTarget.open}. */
export interface TortureStore<P extends Place = Place> {
  /** The places, which the workers take in turn. */
  readonly places: readonly P[]
  /** Faults of the store and of the network. Default: none. Processes are killed and stopped in any case. */
  readonly faults?: readonly StoreFault[]
  /** Texts that no error and no output may hold: passwords, tokens. Default: none. */
  readonly secrets?: readonly string[]
  /** Looks into the store itself. Called once, when all workers have ended. Default: nothing is looked at. */
  audit?(seen: Seen): Promise<Audit>
  /** Called once when the run is over, also after failures. */
  close?(): Promise<void>
}

/** The answers that the workers had. */
export interface Seen {
  /** How many guarded writes to each name were answered `'done'`. */
  readonly written: ReadonlyMap<string, number>
}

/** The state of the store after a run. */
export interface Audit {
  /** Numbers for the report. */
  readonly counts: Readonly<Record<string, number>>
  /** Violations, in words. */
  readonly broken: readonly string[]
  /** Events that happened too seldom for a verdict, in words. Default: none. */
  readonly missing?: readonly string[]
}

/** A fault that is done to the store or to the network now and then. */
export interface StoreFault {
  readonly kind: string
  /**
   * Whether the store may forget locks by it: a flush, a restart without persistence, an asynchronous failover. Then two
   * holders are permitted from its beginning until its end and the ttl of the earlier one. Default `false`.
   */
  readonly loses?: boolean
  /** How often the fault is done, compared to other faults. Default 1. */
  readonly weight?: number
  /** Does the fault, and resolves when it is over. Answers how often it struck, if that is known: 0 is no evidence. */
  run(random: Random): Promise<number | void>
}

/** The backend of a worker, and how to end it. */
export interface Connection {
  /** The store; the worker makes a locker over it. */
  readonly backend?: LockBackend
  /** Instead of a backend: a lock of any make, for comparison. The verbs that are absent are not called. */
  readonly locks?: Partial<Locker>
  /**
   * Reads a record of the store, waits, and writes it changed, in a transaction that the store lets depend on an
   * exclusive lease. The lease may have ended since it was last looked at.
   */
  guardedWrite?(write: GuardedWrite): Promise<GuardedOutcome>
  /** The codes of errors that no caller may see, in an error or in its causes: a deadlock, say. Default: none. */
  readonly never?: RegExp
  close?(): Promise<void> | void
}

/** The arguments of {@link Connection.guardedWrite}. */
export interface GuardedWrite {
  readonly lease: Lease
  /** A name of the lease. */
  readonly name: string
  readonly ttlMs: number
  readonly random: Random
}

/**
 * - `'done'`: written.
 * - `'lost'`: not written, because the lease is not held any more.
 * - `'failed'`: not written, for another reason.
 * - `'unknown'`: perhaps written.
 */
export type GuardedOutcome = 'done' | 'lost' | 'failed' | 'unknown'

/** The mistakes that a new target is likely to have. */
export function checkTortureTarget(target: unknown): asserts target is TortureTarget {
  if (typeof target !== 'object' || target === null)
    throw new TypeError('a target is an object { name, open, connect }')
  const name: unknown = Reflect.get(target, 'name')
  if (typeof name !== 'string' || name === '') throw new TypeError('a target needs a name')
  for (const method of ['open', 'connect'])
    if (typeof Reflect.get(target, method) !== 'function')
      throw new TypeError(`target ${name} needs a function ${method}()`)
}
