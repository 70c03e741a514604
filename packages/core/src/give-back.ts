import { attempt, isFailure } from './attempt.js'
import type { Ownership } from './backend.js'
import { FIRST_RETRY_MS, Pause } from './pause.js'
import type { Tenure } from './tenure.js'

/**
 * How a release ended.
 *
 * - `'released'`: it was ours until now.
 * - `'expired'`: it was not ours any more, and nothing of anybody else's was touched.
 * - `'unknown'`: the store did not answer in time. The name is free within the ttl.
 */
export type ReleaseResult = 'released' | 'expired' | 'unknown'

const TIMEOUTS = 2

/**
 * Gives an owner's claim back, asking again while the outcome is unknown, for at most twice the bound
 * of one call. Never rejects, and can be repeated: it cannot touch a successor, whose owner differs.
 */
export async function giveBack(tenure: Tenure): Promise<ReleaseResult> {
  const { backend, clock, waits } = tenure.engine
  const { name, owner } = tenure.claim
  const { timeoutMs } = tenure.term
  const until = clock.now() + TIMEOUTS * timeoutMs
  let mayHaveWorked = false
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    const now = clock.now()
    const keepMs = Math.ceil((tenure.keepUntil ?? now) - now)
    const ownership: Ownership = keepMs > 0 ? { name, owner, keepMs } : { name, owner }
    const answer = await attempt((call) => backend.release(ownership, call), waits, Math.min(now + timeoutMs, until))
    if (!isFailure(answer)) {
      // "Not held" after an unknown outcome, within the lease: what we asked for had been done.
      return answer === 'released' || (mayHaveWorked && tenure.left() > 0) ? 'released' : 'expired'
    }
    mayHaveWorked ||= answer.executed === 'unknown'
    if (!answer.retryable || clock.now() + delayMs >= until) return 'unknown'
    await new Pause(waits, clock.now() + delayMs).done
  }
}
