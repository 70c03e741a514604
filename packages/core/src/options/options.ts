import type { Capabilities, LockBackend, LockMode } from '../backend.js'
import type { Backoff } from '../backoff.js'
import type { Clock } from '../clock.js'
import type { LockContext } from '../context.js'
import type { Lease } from '../lease.js'
import type { LockObserver } from '../observer.js'

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

/** How a name is to be held. */
export interface HoldTerms {
  /** Whether to renew in the background. */
  readonly renew: boolean
  /** How long it may be held at most, renewal or not. */
  readonly maxHoldMs: number
  /** How long the name stays taken at least, though released earlier. */
  readonly minHoldMs: number
  /** The bound on each call to the store. */
  readonly timeoutMs: number
}

/** Within which bounds a hold may pass from hand to hand in this process, so that others are served in their turn. */
export interface HandOverBounds {
  /** How often, at most. 0: never. */
  readonly count: number
  /** For how long after the store's grant, in milliseconds. */
  readonly ms: number
}
