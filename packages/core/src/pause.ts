import type { Alarm, Alarms } from './alarms.js'
import type { Interruptible } from './attempt.js'

/** The pause after a first try that failed; each one after it is twice as long. */
export const FIRST_RETRY_MS = 10

/** A wait until a time on the monotonic clock that can be ended early. */
export class Pause implements Alarm, Interruptible {
  at = 0
  slot = -1
  readonly done: Promise<void>
  readonly #alarms: Alarms
  #end: () => void = () => {}

  constructor(alarms: Alarms, until: number) {
    this.#alarms = alarms
    this.done = new Promise((resolve) => (this.#end = resolve))
    alarms.set(this, until)
  }

  /** Ends it at this time already, if that is sooner. */
  hasten(until: number): void {
    if (this.slot >= 0 && until < this.at) this.#alarms.set(this, until)
  }

  ring(): void {
    this.#end()
  }

  interrupt(): void {
    this.#alarms.clear(this)
    this.#end()
  }
}

/** Waits for the work, which never rejects, but not beyond a time. */
export async function waitAtMost(alarms: Alarms, until: number, work: Promise<unknown>): Promise<void> {
  const limit = new Pause(alarms, until)
  await Promise.race([work, limit.done])
  limit.interrupt()
}
