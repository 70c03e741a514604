import type { Claim } from '@holdfast/core'
import type { Moment, Step } from './moment.js'
import { admits, expire, holdOf, moveOn, type NameState } from './state.js'
import { stepAcquire } from './steps/acquire.js'
import { stepExtend } from './steps/extend.js'
import { anyOf } from './steps/judge.js'
import { stepGranted, stepInspect } from './steps/look.js'
import { stepEvict, stepRelease } from './steps/release.js'

/** The rules for one name: executes the call of `moment` on `state` and compares the answer. */
export function step(state: NameState, moment: Moment): Step {
  const { call, answer } = moment.operation
  switch (call.verb) {
    case 'acquire': {
      const before = call.claim.steal === true ? expire(state, moment.now) : settled(state, moment, call.claim)
      return each(before, (one) => stepAcquire(one, moment, call.claim, answer))
    }
    case 'extend':
      return each(perhapsSettled(state, moment), (one) => stepExtend(one, moment, call.claim, answer))
    case 'release':
      return each(perhapsSettled(state, moment), (one) => stepRelease(one, moment, call.ownership, answer))
    case 'evict':
      return each(expire(state, moment.now), (one) => stepEvict(one, moment, answer))
    case 'inspect':
    case 'list':
      return each(perhapsSettled(state, moment), (one) => stepInspect(one, moment, answer))
    case 'granted':
    default:
      return each(perhapsSettled(state, moment), (one) => stepGranted(one, call.owner, answer))
  }
}

/**
 * If an expiry made room, a claim moves the line on before it is judged. The store may leave that to a later claim in
 * three cases: a waiter made room by asking for less, the claim neither waits nor fits beside the remaining holders, or it
 * is one of them that claims again. A claim never overtakes the waiters.
 */
function settled(state: NameState, moment: Moment, claim: Claim): readonly NameState[] {
  return expire(state, moment.now).flatMap((one) => {
    const movedOn = moveOn(one, moment, moment.terms.precision)
    const fits = (claim.lineMs ?? 0) > 0 || admits(one, claim)
    const mayStay = one.roomSince === null || !fits || holdOf(one, claim.owner) !== undefined
    return one.line.length > 0 && mayStay ? [...movedOn, one] : movedOn
  })
}

/** The store decides whether other calls move the line on, after an expiry or after a waiter came to ask for less. */
function perhapsSettled(state: NameState, moment: Moment): readonly NameState[] {
  return expire(state, moment.now).flatMap((one) =>
    one.line.length === 0 ? [one] : [...moveOn(one, moment, moment.terms.precision), one],
  )
}

function each(states: readonly NameState[], one: (state: NameState) => Step): Step {
  return anyOf(states.map(one))
}
