import { isCallFailure } from '../store/call.js'
import { runInBackground } from '../timers/background.js'
import { extendHolds } from './extend.js'
import type { ReleaseResult } from '../lease.js'
import { FIRST_RETRY_MS, Sleep } from '../timers/sleep.js'
import type { Hold } from './hold.js'

const TIMEOUTS = 2
const LEAST_TTL_MS = 10

/**
 * Lets a writer go on as a reader. To the store it is an extension as a shared claim, by which the owner comes to share
 * what it held alone, and which never creates: whatever is executed late, or twice, changes nothing else. From now on
 * every renewal asks for the same, so that this only tells how far it has come within the bounds of a release.
 */
export function downgradeToShared(hold: Hold): Promise<ReleaseResult> {
  const { engine, claim } = hold
  // Those who go on hold more than they asked for, which harms nobody but who waits.
  if (!engine.backend.capabilities.shared) return Promise.resolve('released')
  // Before anything else can happen: a hold that is to be shared must not pass to a writer of this process.
  engine.queues.clearHold(hold)
  hold.claim = { ...claim, mode: 'shared', limit: Infinity }
  const downgrading = extendAsShared(hold)
  runInBackground(engine, downgrading)
  return downgrading
}

async function extendAsShared(hold: Hold): Promise<ReleaseResult> {
  const { engine, term } = hold
  const { clock, waitTimers: waits } = engine
  const until = clock.now() + TIMEOUTS * term.timeoutMs
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    while (hold.extensionInFlight !== undefined) await hold.extensionInFlight
    // Whoever went on has released it since, or it has come to its end.
    if (!hold.isHeld()) return hold.remainingMs() > 0 ? 'released' : 'expired'
    const bound = Math.min(clock.now() + term.timeoutMs, until)
    const [extension] = await extendHolds(engine, [hold], { timers: waits, until: bound, ttlMs: ttlOf(hold) })
    if (extension === 'lost') return 'expired'
    if (!isCallFailure(extension)) return 'released'
    hold.checkAt(clock.now() + delayMs)
    if (!extension.retryable || clock.now() + delayMs >= until) return 'unknown'
    await new Sleep(waits, Math.min(clock.now() + delayMs, hold.endsAt)).done
  }
}

/** Not shorter than it is and, without renewal, not longer. */
function ttlOf(hold: Hold): number {
  const leftMs = Math.max(LEAST_TTL_MS, Math.ceil(hold.remainingMs()))
  return hold.term.renew ? Math.max(leftMs, hold.claim.ttlMs) : leftMs
}
