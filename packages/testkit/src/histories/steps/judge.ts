import type { Moment, Step } from '../moment.js'
import type { Rule } from '../../suite/rules.js'
import type { Span } from '../span.js'

/** The step for an answer that no state explains, with the right answer in words. */
export function broken(rule: Rule, expected: string): Step {
  return { states: [], problem: { rule, expected } }
}

/** The next states of all possible states, or the first problem when none explains the answer. */
export function anyOf(steps: readonly Step[]): Step {
  const problem = steps.find((after) => after.problem !== undefined)?.problem
  return { states: steps.flatMap((after) => after.states), ...(problem !== undefined && { problem }) }
}

/** The owners in words, for a message. */
export function names(owners: readonly string[]): string {
  if (owners.length === 0) return 'nobody'
  return owners.map((owner) => (owner.length > 24 ? `${owner.slice(0, 20)}…` : owner)).join(', ')
}

export function isFence(fence: number | null): fence is number {
  return fence !== null && Number.isSafeInteger(fence) && fence > 0
}

/** The fault of `validMs` of a lease that ends at `end`, or `null`. */
export function validProblem({ operation, terms }: Moment, end: Span, validMs: number): string | null {
  const most = end.hi - operation.from + terms.precision.lateMs
  if (validMs > 0 && validMs <= most) return null
  return `validMs from 1 to ${Math.round(most)}`
}
