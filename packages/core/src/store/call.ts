import type { CallOptions } from '../backend.js'
import { isBackendError } from '../errors/errors.js'
import type { Interruptible } from '../timers/sleep.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'

/** Options of a {@link CallFailure}: the facts that are known. */
interface Known {
  readonly executed?: 'no' | 'unknown'
  readonly retryable?: boolean
  readonly unanswered?: boolean
}

/** Why a backend call has no value. A class, because nothing that a backend answers may pass for it. */
export class CallFailure {
  readonly cause: unknown
  /** `'no'`: certainly not executed. `'unknown'`: it may have been, or may still be. */
  readonly executed: 'no' | 'unknown'
  /** Whether asking again can help. */
  readonly retryable: boolean
  readonly #unanswered: boolean

  constructor(cause: unknown, { executed = 'unknown', retryable = true, unanswered = false }: Known = {}) {
    this.cause = cause
    this.executed = executed
    this.retryable = retryable
    this.#unanswered = unanswered
  }

  /** Whether the backend has yet to answer: the command may still be executed at any time. */
  get unanswered(): boolean {
    return this.#unanswered
  }

  /** Reads nothing of the answer: it may be an object of the backend that throws when it is read. */
  static is(answer: unknown): answer is CallFailure {
    return typeof answer === 'object' && answer !== null && #unanswered in answer
  }
}

export const isCallFailure: (answer: unknown) => answer is CallFailure = CallFailure.is

/** A failure with an unknown outcome. */
export function unknownOutcome(cause: unknown): CallFailure {
  return new CallFailure(cause)
}

/** An answer of a wrong shape: the backend has a mistake, which it would make again. */
export function malformedAnswer(cause: unknown): CallFailure {
  return new CallFailure(cause, { retryable: false })
}

/** How long a call is waited for. */
export interface CallBound {
  readonly timers: TimerQueue
  /** On the monotonic clock. */
  readonly until: number
}

/** A call to the store, and how its caller follows its course. */
export interface StoreCall<T> {
  /** Makes the call. A throw says no more than a rejection. */
  send(options: CallOptions): Promise<T>
  /** Throws for an answer of the wrong shape, which makes it a failure of this call with an unknown outcome. */
  check?(answer: T): void
  /** Called when the call starts. Interrupting it ends the waiting. */
  onCallStarted?: ((call: Interruptible) => void) | undefined
  /** Called once, with the answer or when the waiting has ended. Must not throw. */
  onAnswer(answer: T | CallFailure): void
  /** Called when the backend settles after the waiting has ended, with its answer. */
  onLateAnswer?(answer: T | CallFailure): void
}

/**
 * Makes one backend call and stops waiting for it at `until`, on the monotonic clock, because a client can hang for
 * ever. A throw becomes a {@link CallFailure}.
 */
export function startCall<T>(call: StoreCall<T>, timers: TimerQueue, until: number): void {
  const bounded = new BoundedCall(call, timers)
  timers.set(bounded, until)
  call.onCallStarted?.(bounded)
  bounded.run()
}

/** Makes one backend call like {@link startCall}, and answers its answer. Never rejects. */
export function callStore<T>(
  send: (options: CallOptions) => Promise<T>,
  { timers, until }: CallBound,
  follow?: Omit<StoreCall<T>, 'send' | 'onAnswer'>,
): Promise<T | CallFailure> {
  return new Promise((onAnswer) => startCall({ ...follow, send, onAnswer }, timers, until))
}

// A class, because it is the timer, the interruptible and the call's options at once: one object per call.
class BoundedCall<T> implements Timer, Interruptible, CallOptions {
  dueAt = 0
  heapIndex = -1
  #waiting = true
  #controller: AbortController | undefined
  readonly #timers: TimerQueue
  readonly #call: StoreCall<T>

  constructor(call: StoreCall<T>, timers: TimerQueue) {
    this.#call = call
    this.#timers = timers
  }

  /** Made only for a backend that asks for it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (!this.#waiting) this.#controller.abort()
    return this.#controller.signal
  }

  run(): void {
    let answer: Promise<T>
    try {
      answer = Promise.resolve(this.#call.send(this))
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
      this.#call.check?.(value)
      return value
    } catch (error) {
      return malformedAnswer(error)
    }
  }

  #settle(answer: T | CallFailure): void {
    if (!this.#waiting) return this.#call.onLateAnswer?.(answer)
    this.#waiting = false
    this.#timers.clear(this)
    this.#call.onAnswer(answer)
  }

  #stopWaiting(why: string): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#timers.clear(this)
    this.#controller?.abort()
    this.#call.onAnswer(new CallFailure(new Error(why), { unanswered: true }))
  }
}

function failureOf(error: unknown): CallFailure {
  // An error may throw again when it is read.
  try {
    if (isBackendError(error))
      return new CallFailure(error, {
        executed: error.executed === 'no' ? 'no' : 'unknown',
        retryable: error.retryable,
      })
  } catch {}
  return unknownOutcome(error)
}
