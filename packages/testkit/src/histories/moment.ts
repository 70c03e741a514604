import type { Operation } from './operation.js'
import type { Problem } from '../suite/rules.js'
import type { Precision, Span } from './span.js'
import type { NameState } from './state.js'

/** What a history is judged by, beside the contract: what the backend claims to be able to, and how exact time is. */
export interface Terms {
  readonly fencing: boolean
  readonly line: boolean
  readonly precision: Precision
}

/** One call that is executed at one moment, in the bounds of `now`. */
export interface Moment {
  readonly operation: Operation
  readonly now: Span
  readonly terms: Terms
}

/** The states that the call may leave behind, given its answer. None: `problem` says what would have been right. */
export interface Step {
  readonly states: readonly NameState[]
  readonly problem?: Problem
}
