import type { Claim } from '@holdfast/core'
import type { Moment, Step } from '../moment.js'
import type { Answer } from '../operation.js'
import { after, lasts } from '../span.js'
import { admits, grant, holdOf, isWaitedFor, moveOn, reveal, type Hold, type NameState } from '../state.js'
import { repeated } from '../unconfirmed.js'
import { anyOf, broken, isFence, names, validProblem } from './judge.js'

/** A claim, after expiry and after the line has moved on. */
export function stepAcquire(state: NameState, moment: Moment, claim: Claim, answer: Answer): Step {
  const mine = holdOf(state, claim.owner)
  if (mine?.mode === 'shared' && claim.mode === 'exclusive') return refuseUpgrade(state, answer)
  if (mine !== undefined) return repeat(state, moment, { claim, mine }, answer)
  const steal = claim.steal === true
  if (steal) return take(withoutHolders(state, claim.owner), moment, claim, answer)
  if (!isWaitedFor(state, moment.now) && admits(state, claim)) return take(state, moment, claim, answer)
  return refuse(state, moment, claim, answer)
}

const withoutHolders = (state: NameState, owner: string): NameState => ({
  ...state,
  holds: [],
  line: state.line.filter((place) => place.owner !== owner),
})

function refuseUpgrade(state: NameState, answer: Answer): Step {
  if (answer.verb === 'unknown') return { states: [state] }
  if (answer.verb !== 'acquire' || answer.outcome.acquired) return broken('shared-repeat', 'a refusal')
  if (answer.outcome.ahead !== null) return broken('shared-repeat', 'a refusal without a place in line: ahead null')
  return { states: [state] }
}

interface Repeating {
  readonly mine: Hold
  /** The hold, as it may be after the claim. */
  readonly refreshed: Hold
}

function repeat(
  state: NameState,
  moment: Moment,
  { claim, mine }: { readonly claim: Claim; readonly mine: Hold },
  answer: Answer,
): Step {
  const { clock, terms } = moment
  return anyOf(
    repeated(mine, claim, clock, terms.precision).map((refreshed) =>
      repeatAs(state, moment, { mine, refreshed }, answer),
    ),
  )
}

function repeatAs(state: NameState, moment: Moment, { mine, refreshed: next }: Repeating, answer: Answer): Step {
  const refreshed = (one: NameState): NameState => ({
    ...one,
    holds: one.holds.map((hold) => (hold.owner === mine.owner ? { ...next, fence: hold.fence } : hold)),
  })
  if (answer.verb === 'unknown') return { states: [refreshed(state)] }
  if (answer.verb !== 'acquire' || !answer.outcome.acquired) {
    return broken('idempotence', `"acquired", for ${names([mine.owner])} holds the name`)
  }
  const { validMs, fence } = answer.outcome
  const invalid = validProblem(moment, next.end, validMs)
  if (invalid !== null) return broken('validity', invalid)
  if (!moment.terms.fencing) {
    return fence === null ? { states: [refreshed(state)] } : broken('fences', 'the fence null, without fencing')
  }
  const known = isFence(fence) ? reveal(state, mine, fence) : null
  if (known === null) return broken('idempotence', `the fence of the grant${shownFence(mine)}`)
  return { states: [refreshed(known)] }
}

function shownFence({ fence }: Hold): string {
  if (fence.value !== null) return `, ${fence.value}`
  return fence.below === Infinity ? `, above ${fence.above}` : `, between ${fence.above} and ${fence.below}`
}

function take(state: NameState, moment: Moment, claim: Claim, answer: Answer): Step {
  const { clock, terms } = moment
  const end = after(clock, claim.ttlMs, terms.precision)
  const granted = (fence: number | null): readonly NameState[] => {
    const next = grant(state, claim, end, fence)
    return claim.steal === true && claim.mode === 'shared' ? moveOn(next, moment, terms.precision) : [next]
  }
  if (answer.verb === 'unknown') return { states: granted(null) }
  if (answer.verb !== 'acquire' || !answer.outcome.acquired) {
    const why = claim.steal === true ? 'the claim steals' : 'nobody else holds the name or waits for it'
    return broken('refusal', `a grant, for ${why}`)
  }
  const { validMs, fence } = answer.outcome
  const invalid = validProblem(moment, end, validMs)
  if (invalid !== null) return broken('validity', invalid)
  if (!terms.fencing) return fence === null ? { states: granted(null) } : broken('fences', 'the fence null')
  if (!isFence(fence) || fence <= state.lastFence) {
    return broken('fences', `a safe integer above ${state.lastFence}, the last one given out`)
  }
  return { states: granted(fence) }
}

function refuse(state: NameState, moment: Moment, claim: Claim, answer: Answer): Step {
  const { terms } = moment
  const waits = terms.line && claim.lineMs !== undefined && claim.lineMs > 0
  const lined = waits ? lineUp(state, moment, claim, claim.lineMs) : [{ state, least: 0, most: 0 }]
  if (answer.verb === 'unknown') return { states: lined.flatMap((one) => perhapsAdmitted(one.state, moment)) }
  if (answer.verb !== 'acquire' || answer.outcome.acquired) {
    const held = state.holds.map((hold) => hold.owner)
    const why = held.length > 0 ? `held by ${names(held)}` : ''
    const line = isWaitedFor(state, moment.now) ? `waited for by ${names(state.line.map((place) => place.owner))}` : ''
    return broken('exclusion', `a refusal, for the name is ${[why, line].filter(Boolean).join(' and ')}`)
  }
  // retryAfterMs is a hint, which a store may read by a second step: cases judge it where nothing else happens.
  const { ahead } = answer.outcome
  if (!waits) return ahead === null ? { states: [state] } : broken('place', 'ahead null, for the claim does not wait')
  const fitting = lined.filter(({ least, most }) => ahead !== null && ahead >= least && ahead <= most)
  const wanted = lined.map(({ least, most }) => (least === most ? `${least}` : `${least} to ${most}`)).join(' or ')
  if (fitting.length === 0) return broken('place', `ahead ${wanted}`)
  return { states: fitting.flatMap((one) => perhapsAdmitted(one.state, moment)) }
}

/** A waiter that now asks for less, to share for example, may be admitted by the same step, or by the next step. */
function perhapsAdmitted(state: NameState, moment: Moment): readonly NameState[] {
  const head = state.line.find(({ end }) => lasts(end, moment.now) !== 'no')
  if (head === undefined || !admits(state, head)) return [state]
  return [...moveOn(state, moment, moment.terms.precision), state]
}

interface Lined {
  readonly state: NameState
  /** How many places may be counted before the claim: without the places that have ended, or with them. */
  readonly least: number
  readonly most: number
}

function lineUp(state: NameState, moment: Moment, claim: Claim, lineMs: number): readonly Lined[] {
  const { now, clock, terms } = moment
  const { owner, mode, limit, ttlMs, fences = 1 } = claim
  const place = { owner, mode, limit, ttlMs, fences, end: after(clock, lineMs, terms.precision) }
  const counted = (line: NameState['line'], index: number): Lined => ({
    state: { ...state, line },
    least: line.slice(0, index).filter(({ end }) => lasts(end, now) === 'yes').length,
    most: index,
  })
  const index = state.line.findIndex((each) => each.owner === owner)
  const present = state.line[index]
  const verdict = present === undefined ? 'no' : lasts(present.end, now)
  const kept = (): Lined => counted(state.line.with(index, place), index)
  const added = (): Lined => {
    const others = state.line.filter((each) => each.owner !== owner)
    return counted([...others, place], others.length)
  }
  if (verdict === 'yes') return [kept()]
  return verdict === 'no' ? [added()] : [kept(), added()]
}
