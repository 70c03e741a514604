import type { CallOptions } from '../backend.js'
import { isBackendError } from '../errors/errors.js'
import type { Interruptible } from '../timers/sleep.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'

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

/** A failure with an unknown outcome. */
export function unknownOutcome(cause: unknown): CallFailure {
  return { failed: true, executed: 'unknown', retryable: true, unanswered: false, cause }
}

/** An answer of a wrong shape: the backend has a mistake, which it would make again. */
export function malformedAnswer(cause: unknown): CallFailure {
  return { failed: true, executed: 'unknown', retryable: false, unanswered: false, cause }
}

/** How long a call is waited for. */
export interface CallBound {
  readonly timers: TimerQueue
  /** On the monotonic clock. */
  readonly until: number
}

/** The caller of the store, as far as it follows the course of the call. */
export interface CallOwner<T> {
  /** Called when the call starts. Interrupting it ends the waiting. */
  onCallStarted?(call: Interruptible): void
  /** Called when the backend settles after the waiting has ended, with its answer. */
  onLateAnswer?(answer: T | CallFailure): void
}

/**
 * Makes one backend call and stops waiting for it at `bound.until`, because a client can hang for ever. Never rejects:
 * a throw becomes a {@link CallFailure}. An answer of the wrong shape, which `check` throws for, is a failure
 * of this call with an unknown outcome.
 */
export function callStore<T>(
  call: (options: CallOptions) => Promise<T>,
  bound: CallBound,
  check?: (answer: T) => void,
  owner?: CallOwner<T>,
): Promise<T | CallFailure> {
  return new Promise((resolve) => {
    const bounded = new BoundedCall(resolve, bound.timers, check, owner)
    bound.timers.set(bounded, bound.until)
    owner?.onCallStarted?.(bounded)
    bounded.run(call)
  })
}

// A class, because it is the timer, the interruptible and the call's options at once: one object per call.
class BoundedCall<T> implements Timer, Interruptible, CallOptions {
  dueAt = 0
  heapIndex = -1
  #waiting = true
  #controller: AbortController | undefined
  readonly #resolve: (answer: T | CallFailure) => void
  readonly #timers: TimerQueue
  readonly #check: ((answer: T) => void) | undefined
  readonly #owner: CallOwner<T> | undefined

  constructor(
    resolve: (answer: T | CallFailure) => void,
    timers: TimerQueue,
    check: ((answer: T) => void) | undefined,
    owner: CallOwner<T> | undefined,
  ) {
    this.#resolve = resolve
    this.#timers = timers
    this.#check = check
    this.#owner = owner
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
      this.#settle(failureOf(error))
      return
    }
    answer.then(
      (value) => this.#settle(this.#checked(value)),
      (error: unknown) => this.#settle(failureOf(error)),
    )
  }

  fire(): void {
    this.#stopWaiting('the store did not answer in time')
  }

  interrupt(): void {
    this.#stopWaiting('no longer waited for')
  }

  #checked(value: T): T | CallFailure {
    try {
      this.#check?.(value)
      return value
    } catch (error) {
      return malformedAnswer(error)
    }
  }

  #settle(answer: T | CallFailure): void {
    if (!this.#waiting) return this.#owner?.onLateAnswer?.(answer)
    this.#waiting = false
    this.#timers.clear(this)
    this.#resolve(answer)
  }

  #stopWaiting(why: string): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#timers.clear(this)
    this.#resolve({ failed: true, executed: 'unknown', retryable: true, unanswered: true, cause: new Error(why) })
    this.#controller?.abort()
  }
}

function failureOf(error: unknown): CallFailure {
  const known = isBackendError(error)
  return {
    failed: true,
    executed: known && error.executed === 'no' ? 'no' : 'unknown',
    retryable: known ? error.retryable : true,
    unanswered: false,
    cause: error,
  }
}
