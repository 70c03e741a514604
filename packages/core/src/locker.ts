import { acquire } from './acquire.js'
import { attempt, isFailure } from './attempt.js'
import type { CallOptions, LockMode } from './backend.js'
import { systemClock } from './clock.js'
import { createEngine, type Engine } from './engine.js'
import { LockError } from './errors.js'
import { type Lease, SingleLease } from './lease.js'
import { checkBackend, checkClock, checkLabel, checkName, checkRequired, checkTimeout } from './checks.js'
import {
  type AcquireOptions,
  defaultSettings,
  handOverBounds,
  type LockerOptions,
  type Settings,
  settingsFor,
} from './options.js'
import { quote } from './quote.js'
import { reasonOf } from './redact.js'
import { type RequestOptions, runUnder } from './request.js'
import { shutDown } from './shut-down.js'
import { Tenure } from './tenure.js'
import { readTicket } from './ticket.js'
import { labelOf } from './token.js'

/** What {@link Locker.inspect} tells. */
export interface LockInfo {
  readonly name: string
  readonly mode: LockMode
  readonly holders: readonly LockHolder[]
  /** How many claims wait in line at the store, or `null` where the backend keeps none. */
  readonly waiting: number | null
}

export interface LockHolder {
  /** The label of the locker that holds it, from whichever process; `null` for a foreign value. */
  readonly label: string | null
  /** Milliseconds until expiry on the store's clock, or `null` when it never expires. */
  readonly remainingMs: number | null
  readonly fence: number | null
}

/** Acquires leases on names. Made by {@link createLocker}. */
export interface Locker extends AsyncDisposable {
  /**
   * Acquires a name, waiting while somebody else holds it.
   *
   * @throws `LOCK_BUSY` when it was not free within `waitMs`; `LOCK_INDETERMINATE` when the store gave no certain
   * answer; `LOCK_BACKEND` when it refused the command; `LOCK_CLOSED`; `signal.reason` when the wait was aborted;
   * `TypeError` and `RangeError` for mistakes, before any command is sent.
   */
  acquire(name: string, options?: AcquireOptions): Promise<Lease>
  /** Makes exactly one attempt, and answers `null` when somebody else holds the name. Throws like {@link acquire}. */
  tryAcquire(name: string, options?: AcquireOptions): Promise<Lease | null>
  /**
   * Acquires a name, runs the callback and releases. Answers what the callback answers.
   *
   * @throws what the callback throws; `LOCK_LOST` when the lease was lost while a callback ran that succeeded, for
   * its result was computed without the lock; else like {@link acquire}.
   */
  request<T>(name: string, callback: (lease: Lease) => T | PromiseLike<T>): Promise<T>
  /** With `ifAvailable`, makes one attempt and calls back with `null` when somebody else holds the name. */
  request<T>(
    name: string,
    options: RequestOptions & { readonly ifAvailable: true },
    callback: (lease: Lease | null) => T | PromiseLike<T>,
  ): Promise<T>
  request<T>(name: string, options: RequestOptions, callback: (lease: Lease) => T | PromiseLike<T>): Promise<T>
  /**
   * Continues a lease that was handed over with {@link Lease.ticket}.
   * @throws `LOCK_LOST` when it has expired or is somebody else's; `LOCK_INDETERMINATE`; `LOCK_BACKEND`; `TypeError`.
   */
  resume(ticket: string, options?: Pick<AcquireOptions, 'renew' | 'maxHoldMs'>): Promise<Lease>
  /** Tells who holds a name, or `null` when nobody does. */
  inspect(name: string): Promise<LockInfo | null>
  /** Frees a name whoever holds it. Answers whether something was held. */
  forceRelease(name: string): Promise<boolean>
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
  const { backend, clock = systemClock, label = '', observer, attemptTimeoutMs, requires = {} } = options
  checkBackend(backend)
  checkClock(clock)
  checkLabel(label)
  const timeoutMs = checkTimeout(attemptTimeoutMs)
  const defaults = defaultSettings(options)
  checkRequired(requires, backend)
  const engine = createEngine({ backend, clock, label, observer, handOver: handOverBounds(options.handOver) })
  let closing: Promise<void> | undefined

  const admit = (name: unknown, callOptions: AcquireOptions | undefined): Settings => {
    refuseUnsupported(name, callOptions)
    checkName(name)
    const settings = callOptions === undefined ? defaults : settingsFor(callOptions, defaults, timeoutMs)
    if (settings.mode === 'shared' && !backend.capabilities.shared) throw unsupported(engine, 'shared leases')
    refuseIfClosed()
    return settings
  }

  const refuseIfClosed = (): void => {
    if (closing !== undefined) throw new LockError('LOCK_CLOSED', 'the locker is closed')
  }

  const locker: Locker = {
    acquire: async (name, callOptions) => {
      const settings = admit(name, callOptions)
      const lease = await acquire(engine, name, settings, false)
      if (lease === null) throw new LockError('LOCK_BUSY', `${quote(name)} is held by somebody else`)
      return lease
    },
    tryAcquire: async (name, callOptions) => acquire(engine, name, admit(name, callOptions), true),
    request: async <T>(name: string, ...rest: readonly unknown[]): Promise<T> => {
      const callback = rest.at(-1) as (lease: Lease | null) => T | PromiseLike<T>
      if (typeof callback !== 'function')
        throw new TypeError('request needs a callback: request(name, options?, callback)')
      const callOptions = (rest.length > 1 ? rest[0] : undefined) as RequestOptions | undefined
      const { ifAvailable = false } = callOptions ?? {}
      const settings = admit(name, callOptions)
      const lease = await acquire(engine, name, settings, ifAvailable)
      if (lease !== null) return runUnder(lease, callback)
      if (ifAvailable) return callback(null)
      throw new LockError('LOCK_BUSY', `${quote(name)} is held by somebody else`)
    },
    resume: async (ticket, callOptions) => {
      const read = readTicket(ticket)
      const { claim, fence } = read
      const { term } = settingsFor({ ...callOptions, ttlMs: claim.ttlMs }, defaults, timeoutMs)
      refuseIfClosed()
      const tenure = new Tenure(engine, claim, term)
      tenure.resume(read)
      const lease = new SingleLease(tenure, fence, tenure.grantedAt)
      try {
        await lease.extend()
        return lease
      } catch (error) {
        tenure.leave()
        refuseIfClosed()
        throw error
      }
    },
    inspect: async (name) => {
      checkName(name)
      refuseIfClosed()
      const inspection = await ask(engine, name, defaults, (call) => backend.inspect(name, call))
      if (inspection === null) return null
      const holders = inspection.holders.map(({ owner, remainingMs, fence }) => ({
        label: labelOf(owner),
        remainingMs,
        fence,
      }))
      return { name, mode: inspection.mode, holders, waiting: inspection.waiting }
    },
    forceRelease: async (name) => {
      checkName(name)
      refuseIfClosed()
      return ask(engine, name, defaults, (call) => backend.evict(name, call))
    },
    close: () => {
      if (closing !== undefined) return closing
      // Refuses from here on: also what they ask for who are told of the end in that very moment.
      let done = (): void => {}
      closing = new Promise((resolve) => (done = resolve))
      void shutDown(engine, defaults.term.timeoutMs).then(done)
      return closing
    },
    [Symbol.asyncDispose]: () => locker.close(),
  }
  return Object.freeze(locker)
}

/** One call that is neither retried nor undone. */
async function ask<T>(
  { clock, waits }: Engine,
  name: string,
  { term }: Settings,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const answer = await attempt(call, waits, clock.now() + term.timeoutMs)
  if (!isFailure(answer)) return answer
  const { cause, executed } = answer
  const message = `${quote(name)}: ${reasonOf(cause)}`
  throw new LockError(executed === 'no' ? 'LOCK_BACKEND' : 'LOCK_INDETERMINATE', message, { cause })
}

/** Options and arguments that have a meaning, and no implementation yet. */
function refuseUnsupported(name: unknown, options: object | undefined): void {
  if (Array.isArray(name)) throw new LockError('LOCK_UNSUPPORTED', 'several names at once are not supported yet')
  for (const option of ['within', 'steal'] as const) {
    const value = (options as Record<string, unknown> | undefined)?.[option]
    if (value !== undefined && value !== false)
      throw new LockError('LOCK_UNSUPPORTED', `the option ${option} is not supported yet`)
  }
}

function unsupported({ backend }: Engine, what: string): LockError {
  return new LockError('LOCK_UNSUPPORTED', `the backend ${backend.name} does not offer ${what}`)
}
