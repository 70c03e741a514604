import { callStore, isCallFailure } from './call.js'
import type { Ownership } from '../backend.js'
import { FIRST_RETRY_MS, Sleep } from '../timers/sleep.js'
import type { TimerQueue } from '../timers/timer-queue.js'
import type { Claim, LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import type { ReleaseResult } from '../lease.js'
import type { HoldTerms } from '../options/options.js'

/** What is given back, and by which means. */
export interface Releasable {
  readonly claim: Claim
  readonly term: HoldTerms
  readonly takenUntil: number | undefined
  readonly engine: { readonly backend: LockBackend; readonly clock: Clock; readonly waitTimers: TimerQueue }
  remainingMs(): number
}

const TIMEOUTS = 2

/**
 * Gives an owner's claim back, asking again while the outcome is unknown, for at most twice the bound
 * of one call. Never rejects, and can be repeated: it cannot touch a successor, whose owner differs.
 */
export async function releaseAtStore(hold: Releasable): Promise<ReleaseResult> {
  const { backend, clock, waitTimers } = hold.engine
  const { name, owner } = hold.claim
  const { timeoutMs } = hold.term
  const until = clock.now() + TIMEOUTS * timeoutMs
  let mayHaveWorked = false
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    const now = clock.now()
    const keepMs = Math.ceil((hold.takenUntil ?? now) - now)
    const ownership: Ownership = keepMs > 0 ? { name, owner, keepMs } : { name, owner }
    const answer = await callStore(
      (call) => backend.release(ownership, call),
      waitTimers,
      Math.min(now + timeoutMs, until),
    )
    if (!isCallFailure(answer)) {
      // "Not held" after an unknown outcome, within the lease: what we asked for had been done.
      return answer === 'released' || (mayHaveWorked && hold.remainingMs() > 0) ? 'released' : 'expired'
    }
    mayHaveWorked ||= answer.executed === 'unknown'
    if (!answer.retryable || clock.now() + delayMs >= until) return 'unknown'
    await new Sleep(waitTimers, clock.now() + delayMs).done
  }
}
