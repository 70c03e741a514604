import type { LockMode } from '../backend.js'
import type { Backoff } from '../backoff.js'
import { checkCount, checkFlag, checkSpan, checkTtl, isAbortSignal, MAX_TTL_MS } from './validation.js'
import { checkKnown } from './known-options.js'
import type { Lease } from '../lease.js'
import type { ObservedCall } from '../observer/observed-call.js'
import { wrongKind } from '../errors/messages.js'
import type { AcquireOptions, HandOverBounds, LockerOptions, HoldTerms } from './options.js'

const DEFAULT_TTL_MS = 10_000
const DEFAULT_WAIT_MS = 30_000
const HAND_OVERS = 128
const HAND_OVER_MS = 50
/** Every hand-over needs a fence that was reserved beforehand. */
const MOST_HAND_OVERS = 2 ** 20
/** A ttl as short as this leaves no time for less. */
const SHORT_TIMEOUT_MS = 1_000
/** A store that has not answered for as long as this is not worth waiting for, however long the lease. */
const LONG_TIMEOUT_MS = 10_000

/** The settings of an acquisition. */
export interface AcquireSettings {
  readonly mode: LockMode
  readonly limit: number
  readonly ttlMs: number
  readonly waitMs: number
  readonly maxAttempts: number
  readonly backoff: Backoff | undefined
  readonly signal: AbortSignal | undefined
  readonly within: Lease | undefined
  readonly steal: boolean
  /** Whether to make a single attempt, and to wait neither in this process nor at the store. */
  readonly once: boolean
  /** Whether a refusal rejects with `LOCK_BUSY`, instead of answering `null`. */
  readonly throwsBusy: boolean
  /** Whether it is one of several names of a call: their common lease is made later. */
  readonly isPart: boolean
  /** The events of the call, where an observer is. */
  readonly observed: ObservedCall | undefined
  readonly terms: HoldTerms
}

const DEFAULTS: AcquireSettings = {
  mode: 'exclusive',
  limit: 1,
  ttlMs: DEFAULT_TTL_MS,
  waitMs: DEFAULT_WAIT_MS,
  maxAttempts: Infinity,
  backoff: undefined,
  signal: undefined,
  within: undefined,
  steal: false,
  once: false,
  throwsBusy: true,
  isPart: false,
  observed: undefined,
  terms: { renew: true, maxHoldMs: Infinity, minHoldMs: 0, timeoutMs: 0 },
}

/** The settings of a call without options. */
export function defaultSettings(options: LockerOptions, attemptTimeoutMs: number | undefined): AcquireSettings {
  return resolveSettings(options, DEFAULTS, attemptTimeoutMs)
}

/** Refuses bad values of the options of one call, whichever locker it will be made of. */
export function checkAcquireValues(options: AcquireOptions): void {
  resolveSettings(options, DEFAULTS, undefined)
}

/** Validates the values of the options of one call and fills them up. Their names are checked by then. */
export function resolveSettings(
  options: AcquireOptions,
  defaults: AcquireSettings,
  attemptTimeoutMs: number | undefined,
): AcquireSettings {
  const { terms } = defaults
  const { mode = defaults.mode, ttlMs = defaults.ttlMs, waitMs = defaults.waitMs, signal, retry = {} } = options
  const { renew = terms.renew, maxHoldMs = terms.maxHoldMs, minHoldMs = terms.minHoldMs } = options
  if (mode !== 'exclusive' && mode !== 'shared') throw wrongKind("mode must be 'exclusive' or 'shared'", mode)
  checkTtl(ttlMs)
  checkSpan('waitMs', waitMs)
  checkSpan('maxHoldMs', maxHoldMs)
  checkSpan('minHoldMs', minHoldMs)
  if (minHoldMs > Math.min(maxHoldMs, MAX_TTL_MS)) {
    throw new RangeError(
      `minHoldMs (${minHoldMs}) is more than ${minHoldMs > maxHoldMs ? 'maxHoldMs' : 'a lease can last'}`,
    )
  }
  checkFlag('renew', renew)
  if (signal !== undefined && !isAbortSignal(signal)) throw wrongKind('signal must be an AbortSignal', signal)
  if (options.retry !== undefined) checkKnown('retry', retry)
  const { backoff = defaults.backoff, maxAttempts = defaults.maxAttempts } = retry
  if (backoff !== undefined && typeof backoff !== 'function')
    throw wrongKind('retry.backoff must be a function', backoff)
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
    once: waitMs === 0 || maxAttempts === 1,
    throwsBusy: true,
    isPart: false,
    observed: undefined,
    terms: { renew, maxHoldMs, minHoldMs, timeoutMs },
  }
}

/** The bounds of handing over inside this process. */
export function resolveHandOver(bounds: Partial<HandOverBounds> = {}): HandOverBounds {
  checkKnown('handOver', bounds)
  const { count = HAND_OVERS, ms = HAND_OVER_MS } = bounds
  checkSpan('handOver.ms', ms)
  checkCount('handOver.count', count, 0)
  return { count: Math.min(count, MOST_HAND_OVERS), ms }
}

function checkForce(within: unknown, steal: unknown): void {
  checkFlag('steal', steal)
  if (within === undefined) return
  if (typeof within !== 'object' || within === null) throw wrongKind('within must be a lease', within)
  if (steal) throw new TypeError('within and steal exclude each other')
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
