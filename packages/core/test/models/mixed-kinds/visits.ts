import * as fc from 'fast-check'
import type { Kind } from './history.js'

/** One who comes for the name, holds it for a while if it is granted, and goes. Milliseconds of virtual time. */
export interface Visit {
  readonly at: number
  /** Through which of the lockers. */
  readonly locker: number
  readonly kind: Kind
  /** How long to wait at most; 0 is a single attempt. */
  readonly waitMs: number
  /** Gives up after so long, wherever that may be. */
  readonly abortMs: number | null
  readonly ttlMs: number
  readonly renew: boolean
  readonly holdMs: number
  /** Keeps the name from others for so long at least. */
  readonly minHoldMs: number
  /** Whether it dies instead of giving the name back. */
  readonly forgets: boolean
}

export const LOCKERS = 3

const upTo = (max: number): fc.Arbitrary<number> => fc.nat(max)

const visit: fc.Arbitrary<Visit> = fc.record({
  at: upTo(1_500),
  locker: upTo(LOCKERS - 1),
  kind: fc.oneof(fc.constant<Kind>('exclusive'), fc.constant<Kind>(Infinity), fc.integer({ min: 1, max: 3 })),
  waitMs: fc.oneof(fc.constant(0), upTo(2_000)),
  abortMs: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: upTo(500) }),
  ttlMs: fc.integer({ min: 20, max: 400 }),
  renew: fc.boolean(),
  holdMs: upTo(300),
  minHoldMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: upTo(300) }),
  forgets: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})

/** Visits that come close enough to each other to be in each other's way. */
export const crowds: fc.Arbitrary<readonly Visit[]> = fc.array(visit, { minLength: 1, maxLength: 40, size: 'max' })
