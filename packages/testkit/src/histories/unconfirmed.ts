import type { Claim } from '@holdfast/core'
import { after, earlier, later, meets, type Precision, type Span } from './span.js'
import type { Hold, Place } from './state.js'

/** A grant that the store made to the head of the line. Its owner confirms it by claiming again. */
export interface Unconfirmed {
  /** When the grant ends, if its owner neither confirms nor extends it. */
  readonly end: Span
  /** When a lease of the place's ttl would end. */
  readonly ttlEnd: Span
  /** `false` when a store that knows an extended grant by its end may take this one for an unconfirmed one. */
  readonly certain: boolean
}

/**
 * The grants that a store may make of a place at some moment: until the place would have ended, or until the end of its
 * ttl if that is sooner.
 */
export function grantsOf({ end, ttlMs }: Place, moment: Span, precision: Precision): readonly Unconfirmed[] {
  const ttlEnd = after(moment, ttlMs, precision)
  const sooner = earlier(end, ttlEnd)
  const ends = sooner.lo === end.lo && sooner.hi === end.hi ? [end] : [end, sooner]
  return ends.map((each) => ({ end: each, ttlEnd, certain: true }))
}

/** The hold with another end. If the end is that of the grant, the grant may stay unconfirmed. */
export function endingAt(hold: Hold, end: Span): Hold {
  const { unconfirmed } = hold
  const same = unconfirmed !== null && meets(unconfirmed.end, end)
  return { ...hold, end, unconfirmed: same ? { ...unconfirmed, certain: false } : null }
}

/**
 * The holds that a repeated claim may leave behind: never shorter than its ttl, and never shortened, unless it confirms
 * a grant. A confirmed hold ends with the ttl of the claim; a store may let it last until the end of the ttl that it
 * was granted for.
 */
export function repeated(hold: Hold, { ttlMs, mode }: Claim, clock: Span, precision: Precision): readonly Hold[] {
  const { unconfirmed } = hold
  const renewed = after(clock, ttlMs, precision)
  const kept = endingAt(hold, later(hold.end, renewed))
  if (unconfirmed === null) return [kept]
  const confirmed: Hold = { ...hold, end: renewed, unconfirmed: null }
  const beyond = hold.end.lo > unconfirmed.ttlEnd.hi
  // The store decides whether a claim of another mode confirms the grant.
  const mayKeep = !beyond || !unconfirmed.certain || mode !== hold.mode
  return mayKeep ? [confirmed, kept] : [confirmed]
}
