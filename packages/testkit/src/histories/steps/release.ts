import type { Ownership } from '@holdfast/core'
import type { Moment, Step } from '../moment.js'
import type { Answer } from '../operation.js'
import { after } from '../span.js'
import { holdOf, moveOn, type NameState } from '../state.js'
import { endingAt } from '../unconfirmed.js'
import { broken, names } from './judge.js'

/** A release, after expiry: of the owner's lease, and of its place in line. */
export function stepRelease(state: NameState, moment: Moment, { owner, keepMs = 0 }: Ownership, answer: Answer): Step {
  const { terms } = moment
  const mine = holdOf(state, owner)
  const left = { ...state, line: state.line.filter((place) => place.owner !== owner) }
  const said = answer.verb === 'release' ? answer.outcome : null
  if (mine === undefined) {
    if (said === 'released') {
      return broken('release', `"not-held", for the name is held by ${names(state.holds.map((hold) => hold.owner))}`)
    }
    // The store decides whether the line moves on when a waiter leaves it after the lease has ended.
    return { states: [...moveOn(left, moment, terms.precision), ...(left.line.length > 0 ? [left] : [])] }
  }
  if (said === 'not-held') return broken('release', `"released", for ${names([owner])} holds the name`)
  if (keepMs > 0) {
    const end = after(moment.clock, keepMs, terms.precision)
    return { states: [{ ...left, holds: left.holds.map((hold) => (hold === mine ? endingAt(hold, end) : hold)) }] }
  }
  return { states: moveOn({ ...left, holds: left.holds.filter((hold) => hold !== mine) }, moment, terms.precision) }
}

/** An eviction, after expiry: the line moves on if the name was held. */
export function stepEvict(state: NameState, moment: Moment, answer: Answer): Step {
  const held = state.holds.length > 0
  if (answer.verb === 'evict' && answer.outcome !== held) {
    return broken('eviction', `${held}, for the name is held by ${names(state.holds.map((hold) => hold.owner))}`)
  }
  const freed = moveOn({ ...state, holds: [] }, moment, moment.terms.precision)
  return { states: held || state.line.length === 0 ? freed : [...freed, state] }
}
