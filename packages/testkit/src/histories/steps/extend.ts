import type { Claim } from '@holdfast/core'
import type { Moment, Step } from '../moment.js'
import type { Answer } from '../operation.js'
import { after, later } from '../span.js'
import { endingAt } from '../unconfirmed.js'
import { holdOf, moveOn, reserved, type Hold, type NameState } from '../state.js'
import { broken, isFence, names, validProblem } from './judge.js'

/** A claim of an extension, after expiry. */
export function stepExtend(state: NameState, moment: Moment, claim: Claim, answer: Answer): Step {
  const mine = holdOf(state, claim.owner)
  if (answer.verb === 'extend' && answer.outcome.status === 'unknown') {
    return { states: [state, ...(mine === undefined ? [] : extended(state, moment, { claim, mine }, null))] }
  }
  if (mine === undefined) {
    if (answer.verb === 'unknown') return { states: [state] }
    if (answer.verb === 'extend' && answer.outcome.status === 'lost') return { states: [state] }
    return broken('extension', `"lost", for the name is held by ${names(state.holds.map(({ owner }) => owner))}`)
  }
  if (answer.verb === 'unknown') return { states: extended(state, moment, { claim, mine }, null) }
  if (answer.verb !== 'extend' || answer.outcome.status !== 'extended') {
    return broken('extension', `"extended", for ${names([mine.owner])} holds the name`)
  }
  const { validMs, fence } = answer.outcome
  const end = endOf(moment, { claim, mine })
  const invalid = validProblem(moment, end, validMs)
  if (invalid !== null) return broken('validity', invalid)
  if (!moment.terms.fencing || reservedBy(claim) === 0) {
    if (fence !== null) return broken('fences', 'the fence null, for none were reserved')
    return { states: extended(state, moment, { claim, mine }, null) }
  }
  if (!isFence(fence) || fence <= state.lastFence) {
    return broken('fences', `a safe integer above ${state.lastFence}, the last one given out`)
  }
  return { states: extended(state, moment, { claim, mine }, fence) }
}

interface Extending {
  readonly claim: Claim
  readonly mine: Hold
}

/** A shared claim reserves no fences, whatever number it names. */
const reservedBy = ({ mode, fences = 0 }: Claim): number => (mode === 'shared' ? 0 : fences)

/**
 * An extension with fences never shortens a lease, or may where no fences are kept; every other extension sets the ttl.
 */
function endOf({ clock, terms }: Moment, { claim, mine }: Extending): Hold['end'] {
  const end = after(clock, claim.ttlMs, terms.precision)
  if (reservedBy(claim) === 0) return end
  const longer = later(mine.end, end)
  return terms.fencing ? longer : { lo: end.lo, hi: longer.hi }
}

function extended(state: NameState, moment: Moment, what: Extending, fence: number | null): readonly NameState[] {
  const { claim, mine } = what
  const end = endOf(moment, what)
  const mode = claim.mode === 'shared' ? 'shared' : mine.mode
  const holds = state.holds.map((hold) => (hold.owner === mine.owner ? { ...endingAt(hold, end), mode } : hold))
  const next = { ...state, holds }
  const count = reservedBy(claim)
  const given = fence === null ? { ...next, lastFence: next.lastFence + count } : reserved(next, fence, count)
  if (claim.mode !== 'shared') return [given]
  const movedOn = moveOn(given, moment, moment.terms.precision)
  // A writer that becomes a reader admits the readers at the head of the line. The store decides whether any other
  // extension moves the line on, after a waiter came to ask for less.
  return mine.mode === 'exclusive' ? movedOn : [...movedOn, given]
}
