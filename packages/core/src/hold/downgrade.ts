import type { ReleaseResult } from '../lease.js'
import { runInBackground } from '../timers/background.js'
import { extendUntil } from './extend-until.js'
import type { Hold } from './hold.js'

const TIMEOUTS = 2
const LEAST_TTL_MS = 10

/**
 * Lets a writer go on as a reader. To the store it is an extension as a shared claim, by which the owner comes to share
 * the name that it held alone, and which never creates: executed late, or twice, it changes nothing else. Every later
 * renewal asks for the same, so the answer only says how far the store has come within the bounds of a release.
 */
export function downgradeToShared(hold: Hold): Promise<ReleaseResult> {
  const { host, claim } = hold
  // Before anything else can happen: a hold that is to be shared must not pass to a writer of this process.
  host.names.forbidHandOver(hold)
  hold.claim = { ...claim, mode: 'shared', limit: Infinity }
  const downgrading = extendAsShared(hold)
  runInBackground(host, downgrading)
  return downgrading
}

async function extendAsShared(hold: Hold): Promise<ReleaseResult> {
  const { host, terms } = hold
  const until = host.clock.now() + TIMEOUTS * terms.timeoutMs
  const failure = await extendUntil(host, [hold], { until, ttlOf, isWanted: () => hold.isHeld() })
  if (failure !== undefined) return 'unknown'
  if (hold.isHeld() || hold.isTicketed) return 'released'
  // Its last reader has released it since, it has come to its end, or the store says that it is lost.
  return hold.ended ?? 'expired'
}

/** Not shorter than the hold is and, without renewal, not longer. */
function ttlOf(hold: Hold): number {
  const leftMs = Math.max(LEAST_TTL_MS, Math.ceil(hold.remainingMs()))
  return hold.terms.renew ? Math.max(leftMs, hold.claim.ttlMs) : leftMs
}
