import * as fc from 'fast-check'
import type { Kind } from './history.js'

/** A caller that asks for the name, holds it for a while if it is granted, and releases it. In ms of virtual time. */
export interface Visit {
  readonly at: number
  /** The index of the locker. */
  readonly locker: number
  readonly kind: Kind
  /** The longest wait; 0 is a single attempt. */
  readonly waitMs: number
  /** The caller aborts after this time, whether it waits or not. */
  readonly abortMs: number | null
  readonly ttlMs: number
  readonly renew: boolean
  readonly holdMs: number
  /** The shortest time for which the name is kept from others. */
  readonly minHoldMs: number
  /** Whether the caller never releases its lease. */
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

/** Visits so close in time that they contend for the name. */
export const crowds: fc.Arbitrary<readonly Visit[]> = fc.array(visit, { minLength: 1, maxLength: 40, size: 'max' })
