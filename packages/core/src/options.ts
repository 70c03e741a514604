import type { Capabilities, LockBackend, LockMode } from './backend.js'
import type { Backoff } from './backoff.js'
import { checkCount, checkSpan, checkTimeout, checkTtl, isSignal, MAX_TTL_MS, show } from './checks.js'
import type { Clock } from './clock.js'
import type { LockContext } from './context.js'
import type { HandOverBounds } from './hand-over.js'
import { HeldLease } from './held-lease.js'
import type { Lease } from './lease.js'
import type { LockObserver } from './observer.js'
import type { Term } from './term.js'

/** When to ask the store again. */
export interface RetryOptions {
  /**
   * How long to wait between attempts. Never beyond the end of the present lease, if the store tells it.
   * Default: none where the store keeps a line and tells whose turn it is, jitter of 10 to 250 ms elsewhere.
   */
  readonly backoff?: Backoff | undefined
  /** Calls to the store at most, at least 1. Default: as many as `waitMs` allows. */
  readonly maxAttempts?: number | undefined
}

/** Options of one acquisition. Those that are absent or `undefined` come from {@link LockerOptions}. */
export interface AcquireOptions {
  /** How long the lease lasts without renewal, in milliseconds: an integer from 10 to 2^31 − 1. */
  readonly ttlMs?: number | undefined
  /** How long to wait at most, in milliseconds. 0 is one attempt, `Infinity` is allowed. */
  readonly waitMs?: number | undefined
  /** Ends the wait, which then rejects with `signal.reason`. After the grant it changes nothing. */
  readonly signal?: AbortSignal | undefined
  /** Whether to renew the lease in the background. When false, it ends at its ttl unless extended by hand. */
  readonly renew?: boolean | undefined
  /** How long the lease may be held at most, in milliseconds, renewal or not. Then it is lost. */
  readonly maxHoldMs?: number | undefined
  /** How long the name stays taken at least, in milliseconds, though released earlier. */
  readonly minHoldMs?: number | undefined
  readonly retry?: RetryOptions | undefined
  /** `'exclusive'` (the default) excludes everyone; `'shared'` admits other shared leases beside it. */
  readonly mode?: LockMode | undefined
  /** With `mode: 'shared'`: how many shared leases may hold the name. Default `Infinity`. */
  readonly limit?: number | undefined
  /**
   * A lease of this locker that holds the name already: answers one more handle on it, with the same fence, at once. The
   * name is given up when the last handle is released, in whichever order. How long it lasts, is renewed and held at most
   * are matters of the lease; `minHoldMs` counts anew. A reader's handle on an exclusive lease outlives it: when the last
   * exclusive handle is released, the lease becomes a shared one, in one step.
   */
  readonly within?: Lease | undefined
  /**
   * Take the name at once from whoever holds it, who is told. Who waits goes on waiting. Nested in a `request` for the
   * same name, by a {@link LockerOptions.context}, it shares that lease: there is nobody to take it from.
   */
  readonly steal?: boolean | undefined
}

/** Options of {@link createLocker}. */
export interface LockerOptions extends Omit<
  AcquireOptions,
  'signal' | 'mode' | 'limit' | 'minHoldMs' | 'within' | 'steal'
> {
  /** The store. There is no default: a forgotten backend must not look healthy. */
  readonly backend: LockBackend
  /** The bound on each call to the store, in milliseconds. At most the ttl. Default: a third of it, but from 1 to 10 s. */
  readonly attemptTimeoutMs?: number | undefined
  /** Who holds, for people: shown by `inspect` from any process. At most 256 UTF-8 bytes. */
  readonly label?: string | undefined
  readonly observer?: LockObserver | undefined
  /** Where time comes from. Default: the platform. */
  readonly clock?: Clock | undefined
  /**
   * Within which bounds a lease that is released passes to the next who waits for it in this process, without a round
   * trip: `count` times, and for `ms` milliseconds after the store's grant. Then those who wait in other processes are
   * served. Default `{ count: 128, ms: 50 }`; with `count: 0`, never.
   */
  readonly handOver?: Partial<HandOverBounds> | undefined
  /**
   * Lets a call that is nested in a `request` for the same name share its lease, or fail at once, instead of waiting for
   * itself: `asyncContext()` of `@holdfast/core/async-context`. Default: nothing is known of what a call is nested in.
   */
  readonly context?: LockContext | undefined
  /** What the backend must be able to do. `LOCK_UNSUPPORTED` at once if it cannot. */
  readonly requires?: Partial<Capabilities> | undefined
}

export const DEFAULT_TTL_MS = 10_000
export const DEFAULT_WAIT_MS = 30_000
const HAND_OVERS = 128
const HAND_OVER_MS = 50
/** Each needs a fence reserved beforehand. */
const MOST_HAND_OVERS = 2 ** 20
/** A ttl as short as this leaves no time for less. */
const SHORT_TIMEOUT_MS = 1_000
/** A store that has not answered for as long as this is not worth waiting for, however long the lease. */
const LONG_TIMEOUT_MS = 10_000

/** All settings of one acquisition. */
export interface Settings {
  readonly mode: LockMode
  readonly limit: number
  readonly ttlMs: number
  readonly waitMs: number
  readonly maxAttempts: number
  readonly backoff: Backoff | undefined
  readonly signal: AbortSignal | undefined
  readonly within: Lease | undefined
  readonly steal: boolean
  readonly term: Term
}

/** What applies where a call says nothing. */
export function defaultSettings(options: LockerOptions): Settings {
  return settingsFor(
    options,
    {
      mode: 'exclusive',
      limit: 1,
      ttlMs: DEFAULT_TTL_MS,
      waitMs: DEFAULT_WAIT_MS,
      maxAttempts: Infinity,
      backoff: undefined,
      signal: undefined,
      within: undefined,
      steal: false,
      term: { renew: true, maxHoldMs: Infinity, minHoldMs: 0, timeoutMs: 0 },
    },
    checkTimeout(options.attemptTimeoutMs),
  )
}

/** Validates the options of one call and fills them up. */
export function settingsFor(
  options: AcquireOptions,
  defaults: Settings,
  attemptTimeoutMs: number | undefined,
): Settings {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`options must be an object, got ${show(options)}`)
  const { term } = defaults
  const { mode = defaults.mode, ttlMs = defaults.ttlMs, waitMs = defaults.waitMs, signal, retry = {} } = options
  const { renew = term.renew, maxHoldMs = term.maxHoldMs, minHoldMs = term.minHoldMs } = options
  if (mode !== 'exclusive' && mode !== 'shared')
    throw new TypeError(`mode must be 'exclusive' or 'shared', got ${show(mode)}`)
  checkTtl(ttlMs)
  checkSpan('waitMs', waitMs)
  checkSpan('maxHoldMs', maxHoldMs)
  checkSpan('minHoldMs', minHoldMs)
  if (minHoldMs > Math.min(maxHoldMs, MAX_TTL_MS)) {
    throw new RangeError(
      `minHoldMs (${minHoldMs}) is more than ${minHoldMs > maxHoldMs ? 'maxHoldMs' : 'a lease can last'}`,
    )
  }
  if (typeof renew !== 'boolean') throw new TypeError(`renew must be true or false, got ${show(renew)}`)
  if (signal !== undefined && !isSignal(signal))
    throw new TypeError(`signal must be an AbortSignal, got ${show(signal)}`)
  if (typeof retry !== 'object' || retry === null) throw new TypeError(`retry must be an object, got ${show(retry)}`)
  const { backoff = defaults.backoff, maxAttempts = defaults.maxAttempts } = retry
  if (backoff !== undefined && typeof backoff !== 'function')
    throw new TypeError(`retry.backoff must be a function, got ${show(backoff)}`)
  checkCount('retry.maxAttempts', maxAttempts)
  const { within, steal = false } = options
  checkForce(within, steal)
  const timeoutMs = Math.min(
    ttlMs,
    attemptTimeoutMs ?? Math.min(Math.max(ttlMs / 3, SHORT_TIMEOUT_MS), LONG_TIMEOUT_MS),
  )
  return {
    mode,
    limit: limitOf(options.limit, mode),
    ttlMs,
    waitMs,
    maxAttempts,
    backoff,
    signal,
    within,
    steal,
    term: { renew, maxHoldMs, minHoldMs, timeoutMs },
  }
}

/** The bounds of handing over inside this process. */
export function handOverBounds(bounds: Partial<HandOverBounds> = {}): HandOverBounds {
  if (typeof bounds !== 'object' || bounds === null)
    throw new TypeError(`handOver must be an object, got ${show(bounds)}`)
  const { count = HAND_OVERS, ms = HAND_OVER_MS } = bounds
  checkSpan('handOver.ms', ms)
  if (count !== 0) checkCount('handOver.count', count)
  return { count: Math.min(count, MOST_HAND_OVERS), ms }
}

function checkForce(within: unknown, steal: unknown): void {
  if (typeof steal !== 'boolean') throw new TypeError(`steal must be true or false, got ${show(steal)}`)
  if (within === undefined) return
  if (HeldLease.tenuresOf(within) === undefined) throw new TypeError(`within must be a lease, got ${show(within)}`)
  if (steal) throw new TypeError('what is held within a lease cannot be stolen: within and steal exclude each other')
}

function limitOf(limit: unknown, mode: LockMode): number {
  if (mode === 'exclusive') {
    if (limit !== undefined) throw new TypeError("limit needs mode: 'shared'")
    return 1
  }
  if (limit === undefined) return Infinity
  checkCount('limit', limit)
  return limit
}
