import { isCallFailure } from '../store/call.js'
import { extendHolds } from '../hold/extend.js'
import type { HandOverBounds } from '../options/options.js'
import type { Hold } from '../hold/hold.js'

/** With less than this share of its ttl left, a hold is not worth handing on. */
const WORTH_HANDING_ON = 1 / 2

/** Until when, on the monotonic clock, a hold may still be handed on. */
export function handOverUntil({ handOvers: handedOn, grantedAt, claim }: Hold, bounds: HandOverBounds): number {
  if (handedOn >= bounds.count) return -Infinity
  return grantedAt + Math.min(bounds.ms, claim.ttlMs * (1 - WORTH_HANDING_ON))
}

/** Whether nothing is under way, or wanted, that speaks against a hold's passing to another holder. */
export function canHandOver(hold: Hold): boolean {
  const {
    takenUntil: keepUntil = -Infinity,
    maxValidMs: longestMs = Infinity,
    claim,
    extensionInFlight: extending,
  } = hold
  return (
    hold.isHeld() &&
    extending === undefined &&
    keepUntil <= hold.engine.clock.now() &&
    longestMs >= claim.ttlMs &&
    hold.remainingMs() >= claim.ttlMs * WORTH_HANDING_ON
  )
}

/** Whether there is a fence for the next holder, or none is needed. */
export function hasSpareFence({ engine, spareFences: spare }: Hold): boolean {
  return !engine.backend.capabilities.fencing || (spare !== undefined && spare.left > 0)
}

/** The fence for the next holder. */
export function takeSpareFence({ spareFences: spare }: Hold): number | null {
  if (spare === undefined) return null
  spare.left--
  return spare.next++
}

/** Gets fences for the next holders from the store. False when it gave no certain answer. */
export async function reserveFences(hold: Hold, count: number): Promise<boolean> {
  const { waitTimers: waits, clock } = hold.engine
  const until = clock.now() + hold.term.timeoutMs
  const [extension] = await extendHolds(hold.engine, [hold], { timers: waits, until, fences: count })
  if (typeof extension !== 'object' || isCallFailure(extension) || extension.fence === null) return false
  hold.spareFences = { next: extension.fence, left: count }
  return true
}
