import type { Alarm, Alarms } from './alarms.js'
import type { CallOptions } from './backend.js'
import { isBackendError } from './errors.js'

/** Why a backend call has no value. */
export interface Failure {
  readonly failed: true
  /** `'no'`: certainly not executed. `'unknown'`: it may have been, or may still be. */
  readonly executed: 'no' | 'unknown'
  /** Whether asking again can help. */
  readonly retryable: boolean
  /** Whether the backend has yet to answer: the command may still be executed at any time. */
  readonly pending: boolean
  readonly cause: unknown
}

export function isFailure(answer: unknown): answer is Failure {
  return typeof answer === 'object' && answer !== null && (answer as Partial<Failure>).failed === true
}

/** Something that waits and can be told to stop waiting. */
export interface Interruptible {
  interrupt(): void
}

/** Who waits for an attempt: handed the attempt when it starts, so as to be able to interrupt it. */
export interface Waiter {
  waitFor(waiting: Interruptible): void
}

/** Who is told when the backend settles after we stopped waiting, whatever it says. */
export interface Latecomer {
  settledLate(): void
}

/**
 * Makes one backend call and stops waiting for it at `until`, on the monotonic clock: clients can hang
 * for ever. Never rejects; what a throw means is told apart in the {@link Failure}.
 */
export function attempt<T>(
  call: (options: CallOptions) => Promise<T>,
  alarms: Alarms,
  until: number,
  waiter?: Waiter,
  latecomer?: Latecomer,
): Promise<T | Failure> {
  return new Promise((resolve) => {
    const waiting = new Attempt(resolve, alarms, latecomer)
    alarms.set(waiting, until)
    waiter?.waitFor(waiting)
    waiting.run(call)
  })
}

// A class, for it serves as alarm, as interruptible and as the call's options at once: one object per call.
class Attempt<T> implements Alarm, Interruptible, CallOptions {
  at = 0
  slot = -1
  #waiting = true
  #controller: AbortController | undefined
  readonly #resolve: (answer: T | Failure) => void
  readonly #alarms: Alarms
  readonly #latecomer: Latecomer | undefined

  constructor(resolve: (answer: T | Failure) => void, alarms: Alarms, latecomer: Latecomer | undefined) {
    this.#resolve = resolve
    this.#alarms = alarms
    this.#latecomer = latecomer
  }

  /** Made only for a backend that asks for it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (!this.#waiting) this.#controller.abort()
    return this.#controller.signal
  }

  run(call: (options: CallOptions) => Promise<T>): void {
    // A backend that throws instead of rejecting says no more by it.
    let answer: Promise<T>
    try {
      answer = Promise.resolve(call(this))
    } catch (error) {
      this.#settle(failure(error))
      return
    }
    answer.then(
      (value) => this.#settle(value),
      (error: unknown) => this.#settle(failure(error)),
    )
  }

  ring(): void {
    this.#giveUp('the store did not answer in time')
  }

  interrupt(): void {
    this.#giveUp('no longer waited for')
  }

  #settle(answer: T | Failure): void {
    if (!this.#waiting) return this.#latecomer?.settledLate()
    this.#waiting = false
    this.#alarms.clear(this)
    this.#resolve(answer)
  }

  #giveUp(why: string): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#alarms.clear(this)
    this.#resolve({ failed: true, executed: 'unknown', retryable: true, pending: true, cause: new Error(why) })
    this.#controller?.abort()
  }
}

function failure(error: unknown): Failure {
  const known = isBackendError(error)
  return {
    failed: true,
    executed: known ? error.executed : 'unknown',
    retryable: known ? error.retryable : true,
    pending: false,
    cause: error,
  }
}
