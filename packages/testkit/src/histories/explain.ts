import { step } from './model.js'
import type { Moment, Terms } from './moment.js'
import type { Operation } from './operation.js'
import type { Problem } from '../suite/rules.js'
import { nothing, type NameState } from './state.js'

/** The first answer on one name that no order of the calls explains. */
export interface Unexplained {
  /** The first answer that does not fit, however the calls before it are ordered. */
  readonly operation: Operation
  readonly problem: Problem
  /** How many of the calls can be explained. */
  readonly explained: number
}

interface Node {
  /** Which operations are executed already. */
  readonly done: bigint
  readonly count: number
  /** No operation that is left was executed before this moment. */
  readonly since: number
  readonly state: NameState
}

/** The search ends after so many states, and the history counts as explained: a history is made small enough. */
const LIMIT = 200_000

/**
 * Looks for an order of the calls on one name, each executed at some moment between its call and its answer, in which
 * the model gives every answer that was seen. Answers `null` when there is one.
 */
export function explain(operations: readonly Operation[], terms: Terms): Unexplained | null {
  const sorted = operations.toSorted((a, b) => a.calledAt - b.calledAt)
  const required = sorted.filter((one) => one.answer.verb !== 'unknown').length
  const seen = new Set<string>()
  const stack: Node[] = [{ done: 0n, count: 0, since: -Infinity, state: nothing }]
  let worst: Unexplained | null = null
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.count === required) return null
    if (seen.size > LIMIT) return null
    const candidates = candidatesOf(sorted, node.done)
    const before = Math.min(...candidates.map(({ to }) => to))
    for (const operation of candidates.toReversed()) {
      const since = Math.max(node.since, operation.from)
      const now = { lo: since, hi: Math.max(since, Math.min(before, operation.to)) }
      const clock = { lo: operation.from, hi: now.hi }
      const { states, problem } = step(node.state, { operation, now, clock, terms } satisfies Moment)
      if (states.length === 0 && problem !== undefined && isWorse(worst, node.count, operation)) {
        worst = { operation, problem, explained: node.count }
      }
      const known = operation.answer.verb === 'unknown' ? 0 : 1
      const done = node.done | (1n << BigInt(sorted.indexOf(operation)))
      for (const state of states) push({ done, count: node.count + known, since, state }, stack, seen)
    }
  }
  return worst
}

function push(node: Node, stack: Node[], seen: Set<string>): void {
  const key = `${node.done} ${node.since} ${JSON.stringify(node.state)}`
  if (seen.has(key)) return
  seen.add(key)
  stack.push(node)
}

/** The calls that may be executed next: all that were made before the first answer among the rest arrived. */
function candidatesOf(sorted: readonly Operation[], done: bigint): readonly Operation[] {
  const candidates: Operation[] = []
  let firstAnswer = Infinity
  for (const [index, operation] of sorted.entries()) {
    if ((done >> BigInt(index)) & 1n) continue
    if (operation.calledAt > firstAnswer) break
    candidates.push(operation)
    firstAnswer = Math.min(firstAnswer, operation.answeredAt)
  }
  return candidates
}

/** The deepest failure is shown; of several, the one whose answer came first. */
function isWorse(worst: Unexplained | null, explained: number, operation: Operation): boolean {
  if (worst === null || explained > worst.explained) return true
  return explained === worst.explained && operation.answeredAt < worst.operation.answeredAt
}
