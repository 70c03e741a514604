import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import type { CallOptions } from '../backend.js'
import { isBackendError } from '../errors/errors.js'
import type { Interruptible } from '../timers/sleep.js'

/** Why a backend call has no value. */
export interface CallFailure {
  readonly failed: true
  /** `'no'`: certainly not executed. `'unknown'`: it may have been, or may still be. */
  readonly executed: 'no' | 'unknown'
  /** Whether asking again can help. */
  readonly retryable: boolean
  /** Whether the backend has yet to answer: the command may still be executed at any time. */
  readonly unanswered: boolean
  readonly cause: unknown
}

export function isCallFailure(answer: unknown): answer is CallFailure {
  return typeof answer === 'object' && answer !== null && (answer as Partial<CallFailure>).failed === true
}

/** Who waits for an attempt: handed the attempt when it starts, so as to be able to interrupt it. */
export interface CallOwner {
  onCallStarted(waiting: Interruptible): void
}

/** Who is told when the backend settles after we stopped waiting, whatever it says. */
export interface LateListener {
  onLateAnswer(): void
}

/**
 * Makes one backend call and stops waiting for it at `until`, on the monotonic clock: clients can hang
 * for ever. Never rejects; what a throw means is told apart in the {@link CallFailure}.
 */
export function callStore<T>(
  call: (options: CallOptions) => Promise<T>,
  timers: TimerQueue,
  until: number,
  waiter?: CallOwner,
  latecomer?: LateListener,
): Promise<T | CallFailure> {
  return new Promise((resolve) => {
    const waiting = new BoundedCall(resolve, timers, latecomer)
    timers.set(waiting, until)
    waiter?.onCallStarted(waiting)
    waiting.run(call)
  })
}

// A class, for it serves as timer, as interruptible and as the call's options at once: one object per call.
class BoundedCall<T> implements Timer, Interruptible, CallOptions {
  dueAt = 0
  heapIndex = -1
  #waiting = true
  #controller: AbortController | undefined
  readonly #resolve: (answer: T | CallFailure) => void
  readonly #timers: TimerQueue
  readonly #latecomer: LateListener | undefined

  constructor(resolve: (answer: T | CallFailure) => void, timers: TimerQueue, latecomer: LateListener | undefined) {
    this.#resolve = resolve
    this.#timers = timers
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

  fire(): void {
    this.#giveUp('the store did not answer in time')
  }

  interrupt(): void {
    this.#giveUp('no longer waited for')
  }

  #settle(answer: T | CallFailure): void {
    if (!this.#waiting) return this.#latecomer?.onLateAnswer()
    this.#waiting = false
    this.#timers.clear(this)
    this.#resolve(answer)
  }

  #giveUp(why: string): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#timers.clear(this)
    this.#resolve({ failed: true, executed: 'unknown', retryable: true, unanswered: true, cause: new Error(why) })
    this.#controller?.abort()
  }
}

function failure(error: unknown): CallFailure {
  const known = isBackendError(error)
  return {
    failed: true,
    executed: known ? error.executed : 'unknown',
    retryable: known ? error.retryable : true,
    unanswered: false,
    cause: error,
  }
}
