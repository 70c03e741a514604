import type { Operation } from './operation.js'
import type { Problem } from '../suite/rules.js'
import type { Instant, Precision } from './span.js'
import type { NameState } from './state.js'

/** The terms of a judgement, beside the contract: the capabilities of the backend, and how exact time is. */
export interface Terms {
  readonly fencing: boolean
  readonly line: boolean
  readonly precision: Precision
}

/** A call that is executed at one moment, within the bounds of `now`. */
export interface Moment extends Instant {
  readonly operation: Operation
  readonly terms: Terms
}

/** The states that the call may leave behind, given its answer. Without any, `problem` says which answer is right. */
export interface Step {
  readonly states: readonly NameState[]
  readonly problem?: Problem
}
