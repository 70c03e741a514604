import type { Clock } from '../../src/index.js'

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /** Moves time forward, runs the timers that fall due, in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>
  /** Moves time forward until the promise settles, and answers its value. Fails if that takes longer than `ms`. */
  until<T>(promise: Promise<T>, ms?: number): Promise<T>
  /** Moves time forward to the next timer and runs it. False when none is due by `endMs`. */
  step(endMs: number): Promise<boolean>
  /** Changes the clocks without running timers: a blocked event loop, a suspended machine, a wall clock that is set. */
  jump(by: { readonly monotonic?: number; readonly wall?: number }): void
  /** The number of timers that are set now. */
  pending(): number
  /** Whether a timer that is set now would keep a process alive. */
  keepsAlive(): boolean
  /** The number of timers set since the beginning. */
  timersSet(): number
}

interface Timer {
  readonly dueAt: number
  readonly fn: () => void
  refed: boolean
  ref(): void
  unref(): void
}

// Taken when the module loads, so that timers faked later by a test do not stop this clock.
const { setImmediate } = globalThis

/** Waits until no promise can settle by itself: a turn of the event loop starts only when the microtasks have ended. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Waits for `turns` turns of the promise queue. */
export async function microtasks(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve()
}

export function virtualClock(startMs = 1_000_000): VirtualClock {
  const timers = new Set<Timer>()
  let nowMs = startMs
  let wallOffsetMs = 1_700_000_000_000
  let set = 0

  const next = (endMs: number): Timer | undefined => {
    let found: Timer | undefined
    for (const timer of timers)
      if (timer.dueAt <= endMs && (found === undefined || timer.dueAt < found.dueAt)) found = timer
    return found
  }

  const fire = async (timer: Timer): Promise<void> => {
    timers.delete(timer)
    nowMs = Math.max(nowMs, timer.dueAt)
    timer.fn()
    await settled()
  }

  return {
    now: () => nowMs,
    wallNow: () => nowMs + wallOffsetMs,
    setTimeout: (fn, ms) => {
      if (!(ms >= 0 && ms <= 2 ** 31 - 1)) throw new RangeError(`no timer can hold ${ms} ms`)
      set++
      const timer: Timer = {
        dueAt: nowMs + ms,
        fn,
        refed: true,
        ref: () => (timer.refed = true),
        unref: () => (timer.refed = false),
      }
      timers.add(timer)
      return timer
    },
    clearTimeout: (handle) => timers.delete(handle as Timer),
    advance: async (ms) => {
      const endMs = nowMs + ms
      await settled()
      for (let timer = next(endMs); timer !== undefined; timer = next(endMs)) await fire(timer)
      nowMs = Math.max(nowMs, endMs)
      await settled()
    },
    until: async (promise, ms = 3_600_000) => {
      let done = false
      const finish = (): void => void (done = true)
      promise.then(finish, finish)
      const endMs = nowMs + ms
      for (await settled(); !done;) {
        const timer = next(endMs)
        if (timer === undefined) {
          throw new Error(`not settled within ${ms} ms of virtual time; ${timers.size} timers are set`)
        }
        await fire(timer)
      }
      return promise
    },
    step: async (endMs) => {
      const timer = next(endMs)
      if (timer !== undefined) await fire(timer)
      return timer !== undefined
    },
    jump: ({ monotonic = 0, wall = monotonic }) => {
      nowMs += monotonic
      wallOffsetMs += wall - monotonic
    },
    pending: () => timers.size,
    keepsAlive: () => [...timers].some((timer) => timer.refed),
    timersSet: () => set,
  }
}
