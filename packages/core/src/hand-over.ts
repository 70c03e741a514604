import { isFailure } from './attempt.js'
import { extendTogether } from './extension.js'
import type { Tenure } from './tenure.js'

/** Within which bounds a tenure may pass from hand to hand in this process, so that others are served in their turn. */
export interface HandOverBounds {
  /** How often, at most. 0: never. */
  readonly count: number
  /** For how long after the store's grant, in milliseconds. */
  readonly ms: number
}

/** Consecutive fences that are reserved and not yet used. */
export interface SpareFences {
  next: number
  left: number
}

/** With less than this share of its ttl left, a tenure is not worth handing on. */
const WORTH_HANDING_ON = 1 / 2

/** Until when, on the monotonic clock, a tenure may still be handed on. */
export function windowEnd({ handedOn, grantedAt, claim }: Tenure, bounds: HandOverBounds): number {
  if (handedOn >= bounds.count) return -Infinity
  return grantedAt + Math.min(bounds.ms, claim.ttlMs * (1 - WORTH_HANDING_ON))
}

/** Whether nothing is under way, or wanted, that speaks against a tenure's passing to another holder. */
export function mayBeHandedOn(tenure: Tenure): boolean {
  const { keepUntil = -Infinity, longestMs = Infinity, claim, extending } = tenure
  return (
    tenure.isHeld() &&
    extending === undefined &&
    keepUntil <= tenure.engine.clock.now() &&
    longestMs >= claim.ttlMs &&
    tenure.left() >= claim.ttlMs * WORTH_HANDING_ON
  )
}

/** Whether there is a fence for the next holder, or none is needed. */
export function hasFence({ engine, spare }: Tenure): boolean {
  return !engine.backend.capabilities.fencing || (spare !== undefined && spare.left > 0)
}

/** The fence for the next holder. */
export function takeFence({ spare }: Tenure): number | null {
  if (spare === undefined) return null
  spare.left--
  return spare.next++
}

/** Gets fences for the next holders from the store. False when it gave no certain answer. */
export async function reserveFences(tenure: Tenure, count: number): Promise<boolean> {
  const { waits, clock } = tenure.engine
  const until = clock.now() + tenure.term.timeoutMs
  const [extension] = await extendTogether(tenure.engine, [tenure], { alarms: waits, until, fences: count })
  if (typeof extension !== 'object' || isFailure(extension) || extension.fence === null) return false
  tenure.spare = { next: extension.fence, left: count }
  return true
}
