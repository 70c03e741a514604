import type { Timer, TimerQueue } from './timer-queue.js'

/** A wait that can be ended early. */
export interface Interruptible {
  interrupt(): void
}

/** The sleep after a first try that failed; each one after it is twice as long. */
export const FIRST_RETRY_MS = 10

/** A wait until a time on the monotonic clock that can be ended early. */
export class Sleep implements Timer, Interruptible {
  dueAt = 0
  heapIndex = -1
  readonly done: Promise<void>
  readonly #timers: TimerQueue
  #end: () => void = () => {}

  constructor(timers: TimerQueue, until: number) {
    this.#timers = timers
    this.done = new Promise((resolve) => (this.#end = resolve))
    timers.set(this, until)
  }

  /** Ends it at this time already, if that is sooner. */
  wakeBy(until: number): void {
    if (this.heapIndex >= 0 && until < this.dueAt) this.#timers.set(this, until)
  }

  fire(): void {
    this.#end()
  }

  interrupt(): void {
    this.#timers.clear(this)
    this.#end()
  }
}

export interface WaitLimit {
  readonly timers: TimerQueue
  /** On the monotonic clock. */
  readonly until: number
  /** Handed what ends the wait early. */
  onStarted?(waiting: Interruptible): void
}

/** Waits for the work, which never rejects, but not beyond a time. */
export async function waitAtMost({ timers, until, onStarted }: WaitLimit, work: Promise<unknown>): Promise<void> {
  const limit = new Sleep(timers, until)
  onStarted?.(limit)
  await Promise.race([work, limit.done])
  limit.interrupt()
}
