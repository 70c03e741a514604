import type { Capabilities, LockBackend, LockMode } from '../backend.js'
import type { Backoff } from '../backoff.js'
import type { Clock } from '../clock.js'
import type { LockContext } from './context.js'
import type { Lease } from '../lease.js'
import type { LockObserver } from '../observer/observer.js'

/** When an acquisition asks the store again. */
export interface RetryOptions {
  /**
   * How many milliseconds to wait between two attempts: {@link fixed}, {@link exponential}, {@link decorrelatedJitter},
   * or a function of your own. An attempt is made no later than the present lease ends, if the store knows when.
   * Default: none where the store keeps a line and notifies its head; jitter of 50 to 500 ms where it keeps a line and
   * does not notify; jitter of 10 to 250 ms elsewhere. A place in line asks at least once a second in any case.
   */
  readonly backoff?: Backoff | undefined
  /**
   * Calls to the store at most: an integer of at least 1, or `Infinity`. Default `Infinity`, so that `waitMs` decides.
   * With 1, as with `waitMs: 0`, the call waits behind no other call of this locker.
   */
  readonly maxAttempts?: number | undefined
}

/**
 * Options of one acquisition. An option that is absent or `undefined` comes from {@link LockerOptions}, or has its
 * default. An unknown option is a `TypeError`.
 */
export interface AcquireOptions {
  /**
   * How long the lease lasts without renewal, in milliseconds: an integer from 10 to 2^31 − 1. Default 10 000.
   *
   * When the process dies, the name is free after at most this time. With `renew`, the work may take longer; a lease
   * for which the caller stood in line at the store then begins with up to 3 s, and has the whole time after its first
   * renewal, within a second, unless it has a `minHoldMs`.
   */
  readonly ttlMs?: number | undefined
  /**
   * How long to wait for the name at most, in milliseconds. 0 makes one attempt, `Infinity` waits without limit.
   * Default 30 000. After that the call rejects with `LOCK_BUSY`.
   */
  readonly waitMs?: number | undefined
  /**
   * Ends the wait: the call rejects with `signal.reason`. Default: none. After the grant it changes nothing.
   * @example
   * await locks.acquire('report', { signal: AbortSignal.timeout(5_000) })
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Whether to renew the lease in the background, each third of its ttl. Default `true`. When `false`, the lease ends
   * at its ttl unless {@link Lease.extend} is called.
   */
  readonly renew?: boolean | undefined
  /**
   * How long the lease may be held at most, in milliseconds, renewed or not. Then it is lost. Default `Infinity`.
   * It bounds work that hangs while the process lives.
   */
  readonly maxHoldMs?: number | undefined
  /**
   * How long the name stays taken at least, in milliseconds from the grant, even when it is released earlier.
   * Default 0. At most `maxHoldMs` and 2^31 − 1. It keeps a short job from running twice on machines whose clocks differ.
   */
  readonly minHoldMs?: number | undefined
  /**
   * When to ask the store again. Default: as the store allows, see {@link RetryOptions}.
   * @example
   * await locks.acquire('report', { retry: { backoff: exponential({ minMs: 50, maxMs: 2_000 }), maxAttempts: 5 } })
   */
  readonly retry?: RetryOptions | undefined
  /** `'exclusive'` excludes everybody; `'shared'` admits other shared leases beside it. Default `'exclusive'`. */
  readonly mode?: LockMode | undefined
  /**
   * With `mode: 'shared'`: how many shared leases may hold the name, an integer of at least 1. Default `Infinity`.
   * @example
   * await locks.acquire('render', { mode: 'shared', limit: 4 }) // a semaphore of four
   */
  readonly limit?: number | undefined
  /**
   * A lease of this locker that holds the name already: the call answers one more handle on it, with the same fence, at
   * once. Default: none. The name is free when the last handle is released, in whichever order. Of several names, it holds
   * at least one; the others are acquired.
   *
   * Ttl, renewal and `maxHoldMs` stay those of the lease; `minHoldMs` counts anew. A shared handle on an exclusive lease
   * outlives it: when the last exclusive handle is released, the lease becomes a shared one, in one step.
   * @example
   * const inner = await locks.acquire('invoice:42', { within: lease })
   */
  readonly within?: Lease | undefined
  /**
   * Takes the name at once from its holder, whose lease is lost. Default `false`. Waiters keep their places. A value that
   * no locker wrote is not taken: the call waits, and rejects with `LOCK_BUSY` at the end of `waitMs`. Nested in a
   * `request` for the same name, by a {@link LockerOptions.context}, it shares that lease instead.
   */
  readonly steal?: boolean | undefined
}

/** Options of {@link createLocker}. An unknown option is a `TypeError`. */
export interface LockerOptions extends Omit<
  AcquireOptions,
  'signal' | 'mode' | 'limit' | 'minHoldMs' | 'within' | 'steal'
> {
  /**
   * The store. There is no default, since a forgotten backend must not look healthy. All lockers that are to exclude
   * each other need the same store and the same prefix; two `memoryBackend()` have nothing in common.
   * @example
   * createLocker({ backend: ioredisBackend(new Redis()) })
   */
  readonly backend: LockBackend
  /** The bound on each call to the store, in milliseconds, at most the ttl. Default: a third of the ttl, from 1 000 to 10 000. */
  readonly attemptTimeoutMs?: number | undefined
  /** Names the holder for people: `inspect` shows it in any process. At most 256 UTF-8 bytes. Default `''`. */
  readonly label?: string | undefined
  /**
   * An object whose hooks are called for the events of this locker. Default: none.
   * @example
   * createLocker({ backend, observer: { lost: ({ name, reason }) => console.error(name, reason.message) } })
   */
  readonly observer?: LockObserver | undefined
  /** Where time comes from, for tests. Default: the platform. */
  readonly clock?: Clock | undefined
  /**
   * Within which bounds a released lease passes to the next waiter of this process, without a call to the store: `count`
   * times, and for `ms` milliseconds after the answer with the store's grant. Then waiters of other processes have their turn. Default
   * `{ count: 128, ms: 50 }`. With `count: 0` a lease never passes.
   */
  readonly handOver?: Partial<HandOverBounds> | undefined
  /**
   * Lets a call that is nested in a `request` for the same name share its lease, or fail at once, instead of waiting for
   * itself. Default: none, so that such a call waits until `waitMs` has passed.
   * @example
   * import { asyncContext } from '@holdfast/core/async-context'
   * createLocker({ backend, context: asyncContext() })
   */
  readonly context?: LockContext | undefined
  /**
   * The capabilities that the backend must have: `createLocker` throws `LOCK_UNSUPPORTED` if one is missing. Default `{}`.
   * @example
   * createLocker({ backend, requires: { fencing: true, scope: 'shared' } })
   */
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

/** Within which bounds a lease may pass from waiter to waiter in this process, so that other processes are served too. */
export interface HandOverBounds {
  /** How often it may pass: an integer of at least 0, or `Infinity`, which counts as 2^20. Default 128. */
  readonly count: number
  /** For how long after the answer with the store's grant it may pass, in milliseconds. Default 50. */
  readonly ms: number
}
