import type { AcquireOutcome, Claim, ExtendOutcome, Inspection, Ownership, ReleaseOutcome } from '@holdfast/core'

/** A call on one name, as the model knows it. A batch is a call for each of its claims. */
export type Call =
  | { readonly verb: 'acquire'; readonly claim: Claim }
  | { readonly verb: 'extend'; readonly claim: Claim }
  | { readonly verb: 'release'; readonly ownership: Ownership }
  | { readonly verb: 'inspect'; readonly name: string }
  | { readonly verb: 'list'; readonly name: string }
  | { readonly verb: 'evict'; readonly name: string }
  /** A notification that claims a grant. */
  | { readonly verb: 'granted'; readonly name: string; readonly owner: string }

/** The answer of the backend. `unknown`: nothing is known, the call may have been executed or not, now or later. */
export type Answer =
  | { readonly verb: 'acquire'; readonly outcome: AcquireOutcome }
  | { readonly verb: 'extend'; readonly outcome: ExtendOutcome }
  | { readonly verb: 'release'; readonly outcome: ReleaseOutcome }
  | { readonly verb: 'inspect'; readonly outcome: Inspection | null }
  | { readonly verb: 'list'; readonly outcome: Inspection | null }
  | { readonly verb: 'evict'; readonly outcome: boolean }
  | { readonly verb: 'granted'; readonly fence: number | null }
  | { readonly verb: 'unknown'; readonly error: unknown }

/** A call of a history with its answer and its times. */
export interface Operation {
  readonly call: Call
  readonly answer: Answer
  /** Which of the two handles was called. */
  readonly handle: 0 | 1
  /** The positions of the call and of its answer in the order of all events that this process saw. */
  readonly calledAt: number
  readonly answeredAt: number
  /** The times of the call and of its answer, in milliseconds of the world's time. */
  readonly from: number
  readonly to: number
  /** Whether the caller gave the call up. */
  readonly aborted?: boolean
}

/** The name that a call is about. */
export function nameOf(call: Call): string {
  if (call.verb === 'acquire' || call.verb === 'extend') return call.claim.name
  return call.verb === 'release' ? call.ownership.name : call.name
}
