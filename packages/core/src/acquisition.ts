import type { Interruptible, Waiter } from './attempt.js'
import type { LockMode } from './backend.js'
import type { Engine } from './engine.js'
import { tell } from './observer.js'

/** One call of `acquire` under way, and how it is told to end: by its signal, or because the locker closes. */
export class Acquisition implements Waiter {
  readonly name: string
  readonly mode: LockMode
  readonly since: number
  stopped = false
  reason: unknown
  readonly #engine: Engine
  #waiting: Interruptible | undefined
  #announced = false

  constructor(engine: Engine, name: string, mode: LockMode) {
    this.#engine = engine
    this.name = name
    this.mode = mode
    this.since = engine.clock.now()
  }

  waitFor(waiting: Interruptible): void {
    this.#waiting = waiting
  }

  /** Ends it with `reason`. The first reason counts. */
  halt(reason: unknown): void {
    if (this.stopped) return
    this.stopped = true
    this.reason = reason
    this.#waiting?.interrupt()
  }

  /** It has to wait: tells the observer, the first time. */
  announce(): void {
    if (this.#announced) return
    this.#announced = true
    tell(this.#engine.observer, 'waiting', () => ({ name: this.name, mode: this.mode }))
  }
}
