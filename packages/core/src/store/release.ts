import type { Claim, LockBackend, Ownership } from '../backend.js'
import type { Clock } from '../clock.js'
import type { ReleaseResult } from '../lease.js'
import type { HoldTerms } from '../options/options.js'
import { FIRST_RETRY_MS, Sleep } from '../timers/sleep.js'
import type { TimerQueue } from '../timers/timer-queue.js'
import { checkReleaseOutcome } from './answers.js'
import { callStore, isCallFailure } from './call.js'

/** An owner's claim on a name, as far as its release needs to know it. */
export interface Releasable {
  readonly claim: Claim
  readonly terms: HoldTerms
  /** When the name may be free again at the earliest, on the monotonic clock. */
  readonly takenUntil: number | undefined
  readonly host: { readonly backend: LockBackend; readonly clock: Clock; readonly waitTimers: TimerQueue }
  /** Whether the owner may still hold the name, by the clocks. */
  mayBeHeld(): boolean
}

const TIMEOUTS = 2

/**
 * Releases an owner's claim at the store. Never rejects, and can be repeated: it cannot touch a successor, which has
 * another owner. Within twice the bound of one call:
 *
 * - answered `released`, or `not-held` after a try of unknown outcome while the lease still ran: `'released'`;
 * - answered `not-held`: `'expired'`;
 * - no certain answer: asked again, then `'unknown'`;
 * - refused for good: `'unknown'` at once.
 */
export async function releaseAtStore(released: Releasable): Promise<ReleaseResult> {
  const { backend, clock, waitTimers: timers } = released.host
  const { timeoutMs } = released.terms
  const until = clock.now() + TIMEOUTS * timeoutMs
  let mayHaveWorked = false
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    const now = clock.now()
    const ownership = ownershipOf(released, now)
    const bound = { timers, until: Math.min(now + timeoutMs, until) }
    const answer = await callStore((call) => backend.release(ownership, call), bound, checkReleaseOutcome)
    if (!isCallFailure(answer)) {
      return answer === 'released' || (mayHaveWorked && released.mayBeHeld()) ? 'released' : 'expired'
    }
    mayHaveWorked ||= answer.executed === 'unknown'
    if (!answer.retryable || clock.now() + delayMs >= until) return 'unknown'
    await new Sleep(timers, clock.now() + delayMs).done
  }
}

function ownershipOf({ claim: { name, owner }, takenUntil }: Releasable, now: number): Ownership {
  const keepMs = takenUntil === undefined ? 0 : Math.ceil(takenUntil - now)
  return keepMs > 0 ? { name, owner, keepMs } : { name, owner }
}
