import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../../src/clock.js'

/** The machine that a locker runs on: a clock of its own, a process that can stand still, stop for good or sleep. */
export interface Machine extends Clock {
  /** How much faster its clock goes than the store's. */
  readonly rate: number
  readonly running: boolean
  /** Whether it was not killed. */
  readonly alive: boolean
  /** How often it stood still. */
  readonly interruptions: number
  /** When it last began to run again, or its wall clock was set, on the store's clock. */
  readonly wokeAt: number
  /** Lets time pass on the store's clock. */
  sleep(ms: number): Promise<void>
  /** Settles when the machine runs: at once, after a pause, or never once it is killed. */
  awake(): Promise<void>
  /** The event loop is blocked: no timer runs and no answer is read until then. */
  block(ms: number): void
  /** As a laptop that is closed: its monotonic clock stands still as well. */
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
  /** Called at each timer that the locker sets, in the async context in which it does so. */
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
      // As the timers of a platform do, it fires in the async context in which it was set.
      const inContext = AsyncLocalStorage.snapshot()
      const timer: MachineTimer = { fn: () => inContext(fn), dueAt: now() + ms, handle: undefined }
      timer.handle = common.setTimeout(() => run(timer), ms / rate)
      return timer
    },
    clearTimeout: (timer) => common.clearTimeout((timer as MachineTimer).handle),
    sleep,
    awake: async () => {
      // It may stand still once more, or be killed, meanwhile.
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
