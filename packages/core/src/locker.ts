import {
  checkBackend,
  checkIsOptions,
  checkClock,
  checkContext,
  checkFlag,
  checkLabel,
  checkName,
  checkNames,
  checkRequired,
  checkTimeout,
} from './options/validation.js'
import { checkKnown } from './options/known-options.js'
import { checkObserver } from './observer/observer.js'
import { systemClock } from './clock.js'
import { createEngine } from './engine/engine.js'
import { forceRelease } from './acquire/steal.js'
import { internalsOf } from './internals.js'
import { inspect, type LockInfo, type LockSnapshot, query } from './query.js'
import type { Lease } from './lease.js'
import { acquire } from './acquire/acquire.js'
import type { AcquireOptions, LockerOptions, HoldTerms } from './options/options.js'
import { type RequestOptions, runWithLease } from './acquire/request.js'
import { resume } from './handle/resume.js'
import { closeEngine } from './engine/close.js'
import { defaultSettings, resolveHandOver, type AcquireSettings, resolveSettings } from './options/settings.js'
import { decodeTicket } from './handle/ticket.js'
import { rejecting } from './timers/later.js'
import { warnAtModuleScope } from './owner-token.js'

/** Acquires leases on names. Made by {@link createLocker}. */
export interface Locker extends AsyncDisposable {
  /**
   * Acquires a name, waiting at most `waitMs` while another lease holds it. Of several names, all or none, in an order
   * that keeps two callers from waiting for each other.
   *
   * @example
   * const lease = await locks.acquire('invoice:42', { waitMs: 5_000 })
   * try {
   *   await charge(lease.fence)
   * } finally {
   *   await lease.release()
   * }
   * @throws `LOCK_BUSY` when it was not free within `waitMs`; `LOCK_INDETERMINATE` when the store gave no certain
   * answer; `LOCK_BACKEND` when it refused the command; `LOCK_UNSUPPORTED` when the backend cannot do this, or `within`
   * does not permit it; `LOCK_LOST` when `within` is lost; `LOCK_CLOSED`; `signal.reason` when the wait was aborted;
   * `TypeError` and `RangeError` for mistakes, before any command is sent, and `RangeError` for a backoff that returns
   * no delay.
   */
  acquire(name: string | readonly string[], options?: AcquireOptions): Promise<Lease>
  /**
   * Makes exactly one attempt for each name, and answers `null` when another lease holds it, or waiters stand before it.
   * `waitMs` and `retry` have no effect. Settles within `attemptTimeoutMs`, for all names together. Throws like
   * {@link acquire}.
   */
  tryAcquire(name: string | readonly string[], options?: AcquireOptions): Promise<Lease | null>
  /**
   * Acquires a name, runs the callback and releases. Answers the result of the callback.
   *
   * @example
   * const total = await locks.request('invoice:42', async (lease) => charge(lease.fence))
   * @throws the error of the callback; `LOCK_LOST` when the lease was lost while a callback ran that succeeded, for
   * its result was computed without the lock; else like {@link acquire}.
   */
  request<T>(name: string | readonly string[], callback: (lease: Lease) => T | PromiseLike<T>): Promise<T>
  request<T>(
    name: string | readonly string[],
    options: RequestOptions & { readonly ifAvailable?: false | undefined },
    callback: (lease: Lease) => T | PromiseLike<T>,
  ): Promise<T>
  /**
   * With `ifAvailable`, makes one attempt and calls back with `null` when another lease holds the name.
   * @example
   * await locks.request('report', { ifAvailable: true }, async (lease) => lease && write(lease.fence))
   */
  request<T>(
    name: string | readonly string[],
    options: RequestOptions,
    callback: (lease: Lease | null) => T | PromiseLike<T>,
  ): Promise<T>
  /**
   * Continues a lease that was handed over with {@link Lease.ticket}. A ticket may be used once: two processes that
   * resume the same ticket are two holders.
   * @throws `LOCK_LOST` when it has expired or is somebody else's; `LOCK_INDETERMINATE`; `LOCK_BACKEND`; `LOCK_CLOSED`;
   * `TypeError` and `RangeError` for mistakes, before any command is sent.
   */
  resume(ticket: string, options?: Pick<AcquireOptions, 'renew' | 'maxHoldMs'>): Promise<Lease>
  /**
   * Answers the holders of a name, by their labels, or `null` when it is free. Settles within `attemptTimeoutMs`.
   * @throws `LOCK_INDETERMINATE`; `LOCK_BACKEND`; `LOCK_CLOSED`; `TypeError` and `RangeError` for a bad name.
   */
  inspect(name: string): Promise<LockInfo | null>
  /**
   * Frees a name, whichever lease holds it; that lease is lost. Answers whether something was held. Settles within
   * `attemptTimeoutMs`. The same act as `evict` of a backend and `release` of the command line.
   * @throws as {@link inspect} does.
   */
  forceRelease(name: string): Promise<boolean>
  /**
   * Answers all leases and the waiters in line, in the store's whole prefix. On Redis this scans the whole database
   * three times, in pages, whatever the prefix.
   * @throws `LOCK_UNSUPPORTED` when the backend has no `list`; `LOCK_INDETERMINATE`; `LOCK_BACKEND`; `LOCK_CLOSED`.
   */
  query(): Promise<LockSnapshot>
  /**
   * Ends the locker: refuses new calls, rejects waiting ones with `LOCK_CLOSED`, aborts the `signal` of each lease and
   * releases it. Resolves, within bounds, when all is given back. Never rejects. The client behind the backend stays open:
   * close it afterwards. Over a client that is closed already nothing is released, and names stay taken for their ttl.
   * @example
   * process.once('SIGTERM', () => void locks.close().then(() => redis.quit()))
   */
  close(): Promise<void>
}

type AcquireCall = 'acquire' | 'tryAcquire' | 'request'

/**
 * Makes a locker over a backend. At module scope of a Cloudflare Worker it prints a warning: make it within each request.
 *
 * @example
 * const locks = createLocker({ backend: ioredisBackend(new Redis()), ttlMs: 5_000, label: 'worker 1' })
 * @throws `LOCK_UNSUPPORTED` when the backend lacks a required capability; `TypeError` and `RangeError` for mistakes.
 */
export function createLocker(options: LockerOptions): Locker {
  checkIsOptions(options)
  warnAtModuleScope()
  checkKnown('createLocker', options)
  const { backend, clock = systemClock, label = '', observer, attemptTimeoutMs, requires = {}, context } = options
  checkBackend(backend)
  checkClock(clock)
  checkLabel(label)
  const timeoutMs = checkTimeout(attemptTimeoutMs)
  const defaults = defaultSettings(options, timeoutMs)
  checkRequired(requires, backend)
  checkContext(context)
  checkObserver(observer)
  const handOver = resolveHandOver(options.handOver)
  const engine = createEngine({ backend, clock, label, observer, handOver, context })
  const tryDefaults = oneAttempt(defaults)
  const callMs = defaults.terms.timeoutMs
  let closing: Promise<void> | undefined

  const settingsOf = (call: AcquireCall, callOptions: AcquireOptions | undefined): AcquireSettings => {
    if (callOptions !== undefined) checkKnown(call, callOptions)
    return callOptions === undefined ? defaults : resolveSettings(callOptions, defaults, timeoutMs)
  }

  const asTry = (settings: AcquireSettings): AcquireSettings =>
    settings === defaults ? tryDefaults : oneAttempt(settings)

  const locker: Locker = {
    acquire: (name, callOptions) =>
      rejecting(clock, () => acquire(engine, checkNames(name), settingsOf('acquire', callOptions)) as Promise<Lease>),
    tryAcquire: (name, callOptions) =>
      rejecting(clock, () => acquire(engine, checkNames(name), asTry(settingsOf('tryAcquire', callOptions)))),
    request: <T>(name: string | readonly string[], ...rest: readonly unknown[]): Promise<T> =>
      rejecting(clock, () => {
        const callback = rest.at(-1) as (lease: Lease | null) => T | PromiseLike<T>
        if (typeof callback !== 'function')
          throw new TypeError('request needs a callback: request(name, options?, callback)')
        const callOptions = (rest.length > 1 ? rest[0] : undefined) as RequestOptions | undefined
        const names = checkNames(name)
        const settings = settingsOf('request', callOptions)
        const { ifAvailable = false } = callOptions ?? {}
        checkFlag('ifAvailable', ifAvailable)
        const acquiring = acquire(engine, names, ifAvailable ? asTry(settings) : settings)
        return runWithLease(acquiring, callback, context)
      }),
    resume: (ticket, callOptions) =>
      rejecting(clock, () => {
        const entries = decodeTicket(ticket)
        if (callOptions !== undefined) checkKnown('resume', callOptions)
        const termsFor = (ttlMs: number): HoldTerms =>
          resolveSettings({ ...callOptions, ttlMs }, defaults, timeoutMs).terms
        engine.throwIfClosed()
        return resume(engine, entries, termsFor).catch((error: unknown) => {
          engine.throwIfClosed()
          throw error
        })
      }),
    inspect: (name) =>
      rejecting(clock, () => {
        checkName(name)
        engine.throwIfClosed()
        return inspect(engine, name, callMs)
      }),
    forceRelease: (name) =>
      rejecting(clock, () => {
        checkName(name)
        engine.throwIfClosed()
        return forceRelease(engine, name, callMs)
      }),
    query: () =>
      rejecting(clock, () => {
        engine.throwIfClosed()
        return query(engine, callMs)
      }),
    close: () => {
      if (closing !== undefined) return closing
      // Set before anything ends, so that a listener which closes it again in that moment gets the same promise.
      let done = (): void => {}
      closing = new Promise((resolve) => (done = resolve))
      void closeEngine(engine, callMs).then(done)
      return closing
    },
    [Symbol.asyncDispose]: () => locker.close(),
  }
  internalsOf.set(locker, { engine, defaults })
  return Object.freeze(locker)
}

const oneAttempt = (settings: AcquireSettings): AcquireSettings => ({
  ...settings,
  waitMs: 0,
  once: true,
  throwsBusy: false,
})
