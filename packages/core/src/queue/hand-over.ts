import { shortestPossibleMs } from '../hold/deadline.js'
import { extendHolds, attemptBoundMs } from '../hold/extend.js'
import type { Hold } from '../hold/hold.js'
import type { HandOverBounds } from '../options/options.js'

/** A hold with less than this share of its time left is not worth handing over: its renewal could come too late. */
const SHARE_LEFT = 1 / 2

/** Until when a hold may pass to waiters of this process; then it goes back to the store, where others wait. */
export function handOverUntil({ handOvers, grantedAt, validMs }: Hold, bounds: HandOverBounds): number {
  if (handOvers >= bounds.count) return -Infinity
  return grantedAt + Math.min(bounds.ms, validMs * SHARE_LEFT)
}

/**
 * Whether a hold may pass to another holder now: nothing is under way that could still shorten or lose it, and its
 * holder did not want the name to stay taken.
 */
export function canHandOver(hold: Hold): boolean {
  const { minHoldUntil = -Infinity, claim, extensionInFlight, validMs, host } = hold
  return (
    hold.isHeld() &&
    extensionInFlight === undefined &&
    minHoldUntil <= host.clock.now() &&
    shortestPossibleMs(hold) >= claim.ttlMs &&
    hold.remainingMs() >= Math.min(validMs, claim.ttlMs) * SHARE_LEFT
  )
}

/** Whether there is a fence for the next holder, or none is needed. */
export function hasSpareFence({ host, spareFences }: Hold): boolean {
  return !host.backend.capabilities.fencing || (spareFences !== undefined && spareFences.left > 0)
}

/** The fence for the next holder. */
export function takeSpareFence({ spareFences }: Hold): number | null {
  if (spareFences === undefined) return null
  spareFences.left--
  return spareFences.next++
}

/** Reserves fences for the next holders at the store. Answers false when it gave no certain answer by `latest`. */
export async function reserveFences(hold: Hold, count: number, latest: number): Promise<boolean> {
  const { host } = hold
  const until = Math.min(latest, host.clock.now() + attemptBoundMs(hold, hold.remainingMs()))
  const ttlOf = (): number => hold.claim.ttlMs
  const [result] = await extendHolds(host, [hold], { timers: host.waitTimers, until, ttlOf, fences: count })
  if (result?.is !== 'extended' || result.fence === null) return false
  hold.spareFences = { next: result.fence, left: count }
  return true
}
