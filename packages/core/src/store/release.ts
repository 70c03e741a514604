import type { CallOptions, Claim, LockBackend, Ownership, ReleaseOutcome } from '../backend.js'
import type { Clock } from '../clock.js'
import type { ReleaseResult } from '../lease.js'
import type { HoldTerms } from '../options/options.js'
import type { Background } from '../timers/background.js'
import { FIRST_RETRY_MS } from '../timers/sleep.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import { checkReleaseOutcome } from './answers.js'
import { type CallFailure, isCallFailure, startCall, type StoreCall } from './call.js'

/** An owner's claim on a name, as far as its release needs to know it. */
export interface Releasable {
  readonly claim: Claim
  readonly terms: HoldTerms
  /** When the name may be free again at the earliest, on the monotonic clock. */
  readonly minHoldUntil: number | undefined
  /** Settles when the extension in flight is not waited for any more. */
  readonly extensionInFlight?: Promise<unknown> | undefined
  readonly host: {
    readonly backend: LockBackend
    readonly clock: Clock
    readonly waitTimers: TimerQueue
    readonly background: Background
  }
  /** Whether the owner may still hold the name, by the clocks. */
  mayBeHeld(): boolean
}

const TIMEOUTS = 2

/**
 * Releases an owner's claim at the store. Never rejects, and can be repeated: it cannot touch a successor, which has
 * another owner. `close()` waits for it. Within twice the bound of one call:
 *
 * - answered `released`, or `not-held` after a try of unknown outcome while the lease still ran: `'released'`;
 * - answered `not-held`: `'expired'`;
 * - no certain answer: asked again, then `'unknown'`;
 * - refused for good: `'unknown'` at once.
 */
export function releaseAtStore(released: Releasable): Promise<ReleaseResult> {
  return new Promise((resolve) => new Release(released, resolve).start())
}

// A class, because it is the call and the sleep before the next one at once: one object per release.
class Release implements StoreCall<ReleaseOutcome>, Timer {
  dueAt = 0
  heapIndex = -1
  readonly #released: Releasable
  readonly #resolve: (result: ReleaseResult) => void
  readonly #until: number
  #delayMs = FIRST_RETRY_MS
  #mayHaveWorked = false

  constructor(released: Releasable, resolve: (result: ReleaseResult) => void) {
    const { host, terms } = released
    this.#released = released
    this.#resolve = resolve
    this.#until = host.clock.now() + TIMEOUTS * terms.timeoutMs
    host.background.started()
  }

  start(): void {
    const { extensionInFlight, minHoldUntil, host } = this.#released
    if (extensionInFlight === undefined || minHoldUntil === undefined) return this.ask()
    // Executed after the release, the extension would set the name that is kept to its own ttl. Its timer does not keep
    // the process alive, so that of the release does.
    host.waitTimers.set(this, this.#until)
    void extensionInFlight.then(() => {
      if (this.heapIndex < 0) return
      host.waitTimers.clear(this)
      this.ask()
    })
  }

  ask(): void {
    const { host, terms } = this.#released
    startCall(this, host.waitTimers, Math.min(host.clock.now() + terms.timeoutMs, this.#until))
  }

  send(options: CallOptions): Promise<ReleaseOutcome> {
    return this.#released.host.backend.release(ownershipOf(this.#released), options)
  }

  check(answer: ReleaseOutcome): void {
    checkReleaseOutcome(answer)
  }

  onAnswer(answer: ReleaseOutcome | CallFailure): void {
    const { host } = this.#released
    if (!isCallFailure(answer)) {
      const worked = answer === 'released' || (this.#mayHaveWorked && this.#released.mayBeHeld())
      return this.#end(worked ? 'released' : 'expired')
    }
    this.#mayHaveWorked ||= answer.executed === 'unknown'
    const retryAt = host.clock.now() + this.#delayMs
    if (!answer.retryable || retryAt >= this.#until) return this.#end('unknown')
    this.#delayMs *= 2
    host.waitTimers.set(this, retryAt)
  }

  /** The sleep is over. */
  fire(): void {
    this.ask()
  }

  #end(result: ReleaseResult): void {
    this.#released.host.background.ended()
    this.#resolve(result)
  }
}

function ownershipOf({ claim: { name, owner }, minHoldUntil, host }: Releasable): Ownership {
  const keepMs = minHoldUntil === undefined ? 0 : Math.ceil(minHoldUntil - host.clock.now())
  return keepMs > 0 ? { name, owner, keepMs } : { name, owner }
}
