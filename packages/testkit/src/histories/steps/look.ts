import type { Holder, Inspection } from '@holdfast/core'
import type { Moment, Step } from '../moment.js'
import type { Answer } from '../operation.js'
import type { Problem } from '../../suite/rules.js'
import { lasts } from '../span.js'
import { holdOf, reveal, type Hold, type NameState } from '../state.js'
import { broken, isFence, names } from './judge.js'

/** The answer of inspect, or of the list, about a name. Changes nothing. */
export function stepInspect(state: NameState, moment: Moment, answer: Answer): Step {
  if (answer.verb !== 'inspect' && answer.verb !== 'list') return { states: [state] }
  const { outcome: seen, verb } = answer
  const rule = verb === 'list' ? 'listing' : 'inspection'
  const owners = state.holds.map((hold) => hold.owner)
  if (seen === null) {
    const shown = owners.length > 0 || (verb === 'list' && livingFor(state, moment, 'yes').length > 0)
    return shown ? broken(rule, `the name with its holders, ${names(owners)}`) : { states: [state] }
  }
  if (verb === 'inspect' && owners.length === 0) return broken(rule, 'null, for nobody holds the name')
  const holders = holdersSeen(state, moment, seen)
  if ('rule' in holders)
    return { states: [], problem: { ...holders, rule: verb === 'list' ? 'listing' : holders.rule } }
  const problem =
    modeProblem(state, seen) ?? waitingProblem(state, moment, seen) ?? lineProblem(state, moment, seen, verb)
  return problem === null ? { states: [holders] } : { states: [], problem: { rule, expected: problem } }
}

/** The state after the fences of all holders were shown, or the problem of the answer. */
function holdersSeen(state: NameState, moment: Moment, { holders }: Inspection): NameState | Problem {
  const owners = state.holds.map((hold) => hold.owner)
  const same = holders.length === owners.length && holders.every(({ owner }) => owners.includes(owner))
  if (!same) return { rule: 'inspection', expected: `as holders: ${names(owners)}` }
  let known = state
  for (const holder of holders) {
    const hold = holdOf(known, holder.owner)
    if (hold === undefined) return { rule: 'inspection', expected: `as holders: ${names(owners)}` }
    const remaining = remainingProblem(hold, moment, holder)
    if (remaining !== null) return { rule: 'expiry', expected: remaining }
    if (!moment.terms.fencing) {
      if (holder.fence !== null) return { rule: 'fences', expected: 'the fence null, without fencing' }
      continue
    }
    const next = isFence(holder.fence) ? reveal(known, hold, holder.fence) : null
    if (next === null)
      return { rule: 'fences', expected: `the fence of the grant, ${hold.fence.value ?? 'a later one'}` }
    known = next
  }
  return known
}

function remainingProblem({ end }: Hold, { now }: Moment, { remainingMs }: Holder): string | null {
  const least = Math.max(0, end.lo - now.hi)
  const most = end.hi - now.lo
  if (remainingMs !== null && remainingMs >= least && remainingMs <= most) return null
  return `remainingMs from ${Math.round(least)} to ${Math.round(most)}`
}

function modeProblem({ holds }: NameState, { mode }: Inspection): string | null {
  const right = holds.some((hold) => hold.mode === 'shared') ? 'shared' : 'exclusive'
  return mode === right ? null : `the mode ${right}`
}

function waitingProblem(state: NameState, moment: Moment, { waiting }: Inspection): string | null {
  if (!moment.terms.line) return waiting === null ? null : 'waiting null, without a line'
  const least = livingFor(state, moment, 'yes').length
  const most = state.line.length
  if (waiting !== null && waiting >= least && waiting <= most) return null
  return `as waiting: ${least === most ? least : `${least} to ${most}`}`
}

/**
 * The list shows the waiters in the order of their places; a waiter whose place may have ended by now may be missing.
 */
function lineProblem(state: NameState, moment: Moment, { line }: Inspection, verb: string): string | null {
  if (line === undefined) return verb === 'list' && moment.terms.line ? 'the line' : null
  const written = (places: readonly { readonly owner: string; readonly mode: string }[]): string[] =>
    places.map(({ owner, mode }) => `${mode} ${owner}`)
  const possible = written(livingFor(state, moment, 'maybe'))
  const certain = written(livingFor(state, moment, 'yes'))
  const shown = written(line)
  const inOrder = possible.filter((place) => shown.includes(place))
  const right = inOrder.length === shown.length && inOrder.every((place, index) => place === shown[index])
  const complete = certain.every((place) => shown.includes(place))
  return right && complete ? null : `as line: ${names(livingFor(state, moment, 'maybe').map(({ owner }) => owner))}`
}

function livingFor({ line }: NameState, { now }: Moment, least: 'yes' | 'maybe'): NameState['line'] {
  return line.filter(({ end }) => (least === 'yes' ? lasts(end, now) === 'yes' : lasts(end, now) !== 'no'))
}

/** A notification that claims a grant: some time before it arrived, the owner held the name with that fence. */
export function stepGranted(state: NameState, owner: string, answer: Answer): Step {
  const hold = holdOf(state, owner)
  if (answer.verb !== 'granted') return { states: [state] }
  if (hold === undefined) return broken('notification', `no claim of a grant to ${names([owner])}, who does not hold`)
  if (answer.fence === null) return { states: [state] }
  const known = reveal(state, hold, answer.fence)
  return known === null ? broken('notification', 'the fence of the grant') : { states: [known] }
}
