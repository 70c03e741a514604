import {
  checkBackend,
  checkClock,
  checkContext,
  checkLabel,
  checkName,
  checkNames,
  checkRequired,
  checkTimeout,
} from './checks.js'
import { systemClock } from './clock.js'
import { createEngine, throwIfClosed } from './engine.js'
import { LockError } from './errors.js'
import { evict } from './force.js'
import { inners } from './inner.js'
import { inspect, type LockInfo, type LockSnapshot, query } from './inspection.js'
import type { Lease } from './lease.js'
import { obtain, orBusy } from './obtain.js'
import {
  type AcquireOptions,
  defaultSettings,
  handOverBounds,
  type LockerOptions,
  type Settings,
  settingsFor,
} from './options.js'
import { type RequestOptions, runUnder } from './request.js'
import { resume } from './resume.js'
import { shutDown } from './shut-down.js'
import type { Term } from './term.js'
import { readTicket } from './ticket.js'

/** Acquires leases on names. Made by {@link createLocker}. */
export interface Locker extends AsyncDisposable {
  /**
   * Acquires a name, waiting while somebody else holds it. Of several names, all or none, in an order that keeps two
   * callers from waiting for each other.
   *
   * @throws `LOCK_BUSY` when it was not free within `waitMs`; `LOCK_INDETERMINATE` when the store gave no certain
   * answer; `LOCK_BACKEND` when it refused the command; `LOCK_CLOSED`; `signal.reason` when the wait was aborted;
   * `TypeError` and `RangeError` for mistakes, before any command is sent.
   */
  acquire(name: string | readonly string[], options?: AcquireOptions): Promise<Lease>
  /** Makes exactly one attempt for each name, and answers `null` when somebody else holds it. Throws like {@link acquire}. */
  tryAcquire(name: string | readonly string[], options?: AcquireOptions): Promise<Lease | null>
  /**
   * Acquires a name, runs the callback and releases. Answers what the callback answers.
   *
   * @throws what the callback throws; `LOCK_LOST` when the lease was lost while a callback ran that succeeded, for
   * its result was computed without the lock; else like {@link acquire}.
   */
  request<T>(name: string | readonly string[], callback: (lease: Lease) => T | PromiseLike<T>): Promise<T>
  /** With `ifAvailable`, makes one attempt and calls back with `null` when somebody else holds the name. */
  request<T>(
    name: string | readonly string[],
    options: RequestOptions & { readonly ifAvailable: true },
    callback: (lease: Lease | null) => T | PromiseLike<T>,
  ): Promise<T>
  request<T>(
    name: string | readonly string[],
    options: RequestOptions,
    callback: (lease: Lease) => T | PromiseLike<T>,
  ): Promise<T>
  /**
   * Continues a lease that was handed over with {@link Lease.ticket}. Once: whoever resumes the same ticket twice makes
   * two holders of it.
   * @throws `LOCK_LOST` when it has expired or is somebody else's; `LOCK_INDETERMINATE`; `LOCK_BACKEND`; `TypeError`.
   */
  resume(ticket: string, options?: Pick<AcquireOptions, 'renew' | 'maxHoldMs'>): Promise<Lease>
  /** Tells who holds a name, or `null` when nobody does. */
  inspect(name: string): Promise<LockInfo | null>
  /** Frees a name whoever holds it, who is told. Answers whether something was held. */
  forceRelease(name: string): Promise<boolean>
  /**
   * Tells what is held and who waits, in the store's whole prefix. Looks at every key there, in pieces.
   * @throws `LOCK_UNSUPPORTED` when the backend has no `list`; `LOCK_INDETERMINATE`; `LOCK_BACKEND`.
   */
  query(): Promise<LockSnapshot>
  /**
   * Refuses new work, rejects those who wait with `LOCK_CLOSED`, tells those who hold and releases what they held.
   * Waits, within bounds, until all is given back. Never touches the client behind the backend. Never rejects.
   */
  close(): Promise<void>
}

/**
 * Makes a locker over a backend.
 *
 * @throws `LOCK_UNSUPPORTED` when the backend lacks what `requires` asks for; `TypeError` and `RangeError` for mistakes.
 */
export function createLocker(options: LockerOptions): Locker {
  if (typeof options !== 'object' || options === null) throw new TypeError('createLocker needs options with a backend')
  const { backend, clock = systemClock, label = '', observer, attemptTimeoutMs, requires = {}, context } = options
  checkBackend(backend)
  checkClock(clock)
  checkLabel(label)
  const timeoutMs = checkTimeout(attemptTimeoutMs)
  const defaults = defaultSettings(options)
  checkRequired(requires, backend)
  checkContext(context)
  const engine = createEngine({ backend, clock, label, observer, handOver: handOverBounds(options.handOver) })
  const callMs = defaults.term.timeoutMs
  let closing: Promise<void> | undefined

  const settingsOf = (callOptions: AcquireOptions | undefined): Settings => {
    const settings = callOptions === undefined ? defaults : settingsFor(callOptions, defaults, timeoutMs)
    if (settings.mode === 'shared' && !backend.capabilities.shared)
      throw new LockError('LOCK_UNSUPPORTED', `the backend ${backend.name} does not offer shared leases`)
    throwIfClosed(engine)
    return settings
  }

  const locker: Locker = {
    acquire: async (name, callOptions) => {
      const names = checkNames(name)
      return orBusy(await obtain(engine, names, settingsOf(callOptions), false, context), names)
    },
    tryAcquire: async (name, callOptions) => obtain(engine, checkNames(name), settingsOf(callOptions), true, context),
    request: async <T>(name: string | readonly string[], ...rest: readonly unknown[]): Promise<T> => {
      const callback = rest.at(-1) as (lease: Lease | null) => T | PromiseLike<T>
      if (typeof callback !== 'function')
        throw new TypeError('request needs a callback: request(name, options?, callback)')
      const callOptions = (rest.length > 1 ? rest[0] : undefined) as RequestOptions | undefined
      const { ifAvailable = false } = callOptions ?? {}
      const names = checkNames(name)
      const lease = await obtain(engine, names, settingsOf(callOptions), ifAvailable, context)
      if (lease === null && ifAvailable) return callback(null)
      return runUnder(orBusy(lease, names), callback, context)
    },
    resume: async (ticket, callOptions) => {
      const tickets = readTicket(ticket)
      const termFor = (ttlMs: number): Term => settingsFor({ ...callOptions, ttlMs }, defaults, timeoutMs).term
      throwIfClosed(engine)
      try {
        return await resume(engine, tickets, termFor)
      } catch (error) {
        throwIfClosed(engine)
        throw error
      }
    },
    inspect: async (name) => {
      checkName(name)
      throwIfClosed(engine)
      return inspect(engine, name, callMs)
    },
    forceRelease: async (name) => {
      checkName(name)
      throwIfClosed(engine)
      return evict(engine, name, callMs)
    },
    query: async () => {
      throwIfClosed(engine)
      return query(engine, callMs)
    },
    close: () => {
      if (closing !== undefined) return closing
      // Refuses from here on: also what they ask for who are told of the end in that very moment.
      let done = (): void => {}
      closing = new Promise((resolve) => (done = resolve))
      void shutDown(engine, callMs).then(done)
      return closing
    },
    [Symbol.asyncDispose]: () => locker.close(),
  }
  inners.set(locker, { engine, defaults })
  return Object.freeze(locker)
}
