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

// Taken when the module loads, so that timers which a test fakes later do not stop a lock's clock.
const taken = pick(globalThis)
const { setTimeout: startTimer, clearTimeout: stopTimer } = taken

/**
 * Timers that were fake already when the module loaded would never fire once the test restores the real ones. The
 * global timers are looked up at each call then. (@sinonjs/fake-timers, which Jest and Vitest use, marks a fake so.)
 */
const wereFake = 'clock' in taken.setTimeout

interface Immediate {
  readonly setImmediate?: ((fn: () => void) => unknown) | undefined
}

const immediate: Immediate = { setImmediate: (globalThis as Immediate).setImmediate }

function pick({
  setTimeout,
  clearTimeout,
  performance,
  Date,
}: typeof globalThis): Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'performance' | 'Date'> {
  return { setTimeout, clearTimeout, performance, Date }
}

const fixed: Clock = {
  now: taken.performance.now.bind(taken.performance),
  wallNow: taken.Date.now.bind(taken.Date),
  // As bare functions: browsers and workerd refuse timers that are called as methods of another object.
  setTimeout: (fn, ms) => startTimer(fn, ms),
  clearTimeout: (handle) => stopTimer(handle as number),
}

const lookedUp: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (handle) => clearTimeout(handle as number),
}

/** Calls `fn` in a later turn of the event loop, soon: by a timer only where the platform has nothing faster. */
export function inLaterTurn(fn: () => void): void {
  const { setImmediate } = wereFake ? (globalThis as Immediate) : immediate
  if (setImmediate === undefined) systemClock.setTimeout(fn, 0)
  else setImmediate(fn)
}

/** The real clock of the platform. */
export const systemClock: Clock = Object.freeze(wereFake ? lookedUp : fixed)
