import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../../src/clock.js'

/** The machine of a locker: a clock, and a process that can be blocked, suspended or killed. */
export interface Machine extends Clock {
  /** The speed of its clock relative to the store's clock. */
  readonly rate: number
  readonly running: boolean
  /** Whether it was not killed. */
  readonly alive: boolean
  /** The number of times that the machine stood still. */
  readonly interruptions: number
  /** The time when it last began to run again, or its wall clock was set, on the store's clock. */
  readonly wokeAt: number
  /** Lets time pass on the store's clock. */
  sleep(ms: number): Promise<void>
  /** Settles at once if the machine runs, after a pause if it stands still, and never if it was killed. */
  awake(): Promise<void>
  /** Blocks the event loop for a time: no timer runs and no answer is read. */
  block(ms: number): void
  /** Suspends the machine, as a closed laptop: its monotonic clock stands still as well. */
  suspend(ms: number): void
  kill(): void
  setWall(byMs: number): void
}

interface MachineTimer {
  readonly fn: () => void
  readonly dueAt: number
  handle: unknown
}

export interface MachineOptions {
  readonly rate: number
  /** Called at each timer that the locker sets, in the async context of the call. */
  readonly onTimerSet: () => void
}

export function createMachine(common: Clock, { rate, onTimerSet }: MachineOptions): Machine {
  let [offsetMs, wallOffsetMs] = [0, 0]
  let stoppedUntil = -Infinity
  let wokeAt = -Infinity
  let interruptions = 0
  const left = (): number => Math.max(0, stoppedUntil - common.now())
  const now = (): number => common.now() * rate + offsetMs
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void common.setTimeout(resolve, ms))

  const run = (timer: MachineTimer): void => {
    if (stoppedUntil === Infinity) return
    const early = (timer.dueAt - now()) / rate
    const restMs = Math.max(left(), early > 1e-6 ? early : 0)
    if (restMs > 0) timer.handle = common.setTimeout(() => run(timer), restMs)
    else timer.fn()
  }

  const stop = (ms: number): void => {
    interruptions++
    stoppedUntil = Math.max(stoppedUntil, common.now() + ms)
    wokeAt = stoppedUntil
  }

  return {
    rate,
    now,
    wallNow: () => common.now() * rate + wallOffsetMs,
    setTimeout: (fn, ms) => {
      onTimerSet()
      // A timer fires in the async context in which it was set, as on a real platform.
      const inContext = AsyncLocalStorage.snapshot()
      const timer: MachineTimer = { fn: () => inContext(fn), dueAt: now() + ms, handle: undefined }
      timer.handle = common.setTimeout(() => run(timer), ms / rate)
      return timer
    },
    clearTimeout: (timer) => common.clearTimeout((timer as MachineTimer).handle),
    sleep,
    awake: async () => {
      // The machine may stand still once more, or be killed, meanwhile.
      while (left() > 0) await (stoppedUntil === Infinity ? new Promise<never>(() => {}) : sleep(left()))
    },
    block: stop,
    suspend: (ms) => {
      if (left() > 0) return
      stop(ms)
      offsetMs -= ms * rate
    },
    kill: () => (stoppedUntil = Infinity),
    setWall: (byMs) => {
      wallOffsetMs += byMs
      wokeAt = common.now()
    },
    get running() {
      return left() === 0
    },
    get alive() {
      return stoppedUntil !== Infinity
    },
    get interruptions() {
      return interruptions
    },
    get wokeAt() {
      return wokeAt
    },
  }
}
