/**
 * Where a locker reads time and sets timers. Inject one to test with virtual time.
 *
 * `now` and `wallNow` need not share an epoch. A lease counts as expired when either says so, because
 * a suspended machine stops the monotonic clock, and the wall clock may be set back.
 */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Wall-clock milliseconds. */
  wallNow(): number
  /** Calls `fn` once after `ms` milliseconds (at most 2^31 − 1) and answers a handle for `clearTimeout`. */
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(handle: unknown): void
}

// Taken when the module loads, so that timers faked later by a test do not stop a lock's clock.
const { setTimeout, clearTimeout, performance, Date } = globalThis
const monotonic = performance.now.bind(performance)
const wall = Date.now.bind(Date)

/** The real clock of the platform. */
export const systemClock: Clock = Object.freeze({
  now: monotonic,
  wallNow: wall,
  setTimeout: (fn: () => void, ms: number): unknown => setTimeout(fn, ms),
  clearTimeout: (handle: unknown): void => clearTimeout(handle as number),
})
