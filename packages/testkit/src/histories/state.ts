import type { Claim, LockMode } from '@holdfast/core'
import { earlier, type Instant, lasts, type Precision, type Span } from './span.js'
import { grantsOf, type Unconfirmed } from './unconfirmed.js'

/** The model: what a store that keeps the contract knows of one name. Values never change; every step makes new ones. */
export interface NameState {
  readonly holds: readonly Hold[]
  /** The waiters, in the order in which they came. */
  readonly line: readonly Place[]
  /** Every later grant has a fence above this number. */
  readonly lastFence: number
  /** How many grants there were. */
  readonly grants: number
  /** When an expiry last made room for the line, if no call has moved it on since. */
  readonly roomSince: Span | null
}

export interface Hold {
  readonly owner: string
  readonly mode: LockMode
  readonly end: Span
  readonly fence: Fence
  /** The grant, if the store made it and its owner has neither claimed again nor extended since. */
  readonly unconfirmed: Unconfirmed | null
}

/** A fence, as far as it is known: a grant from the line is seen before its fence. */
export interface Fence {
  readonly value: number | null
  /** The fence lies between these bounds, both excluded. */
  readonly above: number
  readonly below: number
  /** How many fences were reserved with this fence. */
  readonly count: number
  /** The number of the grant that the fence belongs to. */
  readonly grant: number
}

export interface Place {
  readonly owner: string
  readonly mode: LockMode
  readonly limit: number
  readonly ttlMs: number
  readonly fences: number
  readonly end: Span
}

export const nothing: NameState = { holds: [], line: [], lastFence: 0, grants: 0, roomSince: null }

export const holdOf = (state: NameState, owner: string): Hold | undefined =>
  state.holds.find((hold) => hold.owner === owner)

/** Whether a claim may hold beside the present holders. */
export function admits({ holds }: NameState, { mode, limit }: Pick<Claim, 'mode' | 'limit'>): boolean {
  if (holds.length === 0) return true
  return mode === 'shared' && holds.length < limit && holds.every((hold) => hold.mode === 'shared')
}

/** The states in which each lease that may or may not have ended by now has, or has not. */
export function expire(state: NameState, now: Span): readonly NameState[] {
  let states: readonly NameState[] = [state]
  for (const { owner, end } of state.holds) {
    const verdict = lasts(end, now)
    if (verdict === 'yes') continue
    const without = states.map((each) => ended(each, owner, end))
    const within = verdict === 'no' ? [] : states.map((each) => stretched(each, owner, now))
    states = [...within, ...without]
  }
  return states
}

function ended(state: NameState, owner: string, end: Span): NameState {
  const roomSince = state.roomSince === null ? end : earlier(state.roomSince, end)
  return { ...state, holds: state.holds.filter((hold) => hold.owner !== owner), roomSince }
}

function stretched(state: NameState, owner: string, now: Span): NameState {
  const stretch = (hold: Hold): Hold => ({ ...hold, end: { lo: Math.max(hold.end.lo, now.lo), hi: hold.end.hi } })
  return { ...state, holds: state.holds.map((hold) => (hold.owner === owner ? stretch(hold) : hold)) }
}

/** Whether a place stands in line that has not ended. */
export function isWaitedFor({ line }: NameState, now: Span): boolean {
  return line.some(({ end }) => lasts(end, now) !== 'no')
}

/**
 * Grants the head of the line as long as it can be admitted. Places that have ended are dropped before a grant; without
 * a grant, they may stay.
 */
export function moveOn(state: NameState, instant: Instant, precision: Precision): readonly NameState[] {
  const { now, clock } = instant
  const index = state.line.findIndex(({ end }) => lasts(end, now) !== 'no')
  const head = state.line[index]
  if (head === undefined) return [{ ...state, roomSince: null }]
  const within = (): readonly NameState[] => {
    if (!admits(state, head)) return [{ ...state, roomSince: null }]
    // The grant is made at the moment at which there was room, or at a later call that notices the room.
    const since = state.roomSince ?? clock
    const moment = { lo: Math.min(since.lo, clock.lo), hi: now.hi }
    const rest = { ...state, line: state.line.slice(index + 1) }
    return grantsOf(head, moment, precision).flatMap((each) =>
      moveOn(grant(rest, head, each, null), instant, precision),
    )
  }
  if (lasts(head.end, now) === 'yes') return within()
  const gone = { ...head, end: { lo: head.end.lo, hi: -Infinity } }
  return [...within(), ...moveOn({ ...state, line: state.line.with(index, gone) }, instant, precision)]
}

/** The state with one more hold, unconfirmed when the store made it. `fence` is `null` as long as it was not shown. */
export function grant(
  state: NameState,
  { owner, mode, fences = 1 }: Pick<Claim, 'owner' | 'mode' | 'fences'>,
  end: Span | Unconfirmed,
  fence: number | null,
): NameState {
  const known: Fence = { value: fence, above: state.lastFence, below: Infinity, count: fences, grant: state.grants }
  const given = fence === null ? { ...state, lastFence: state.lastFence + fences } : reserved(state, fence, fences)
  const lasting = 'certain' in end ? { end: end.end, unconfirmed: end } : { end, unconfirmed: null }
  return { ...given, holds: [...given.holds, { owner, mode, ...lasting, fence: known }], grants: state.grants + 1 }
}

/** The state after `count` fences from `first` on were given out by the latest grant or extension. */
export function reserved(state: NameState, first: number, count: number): NameState {
  const holds = state.holds.map((hold) => {
    if (hold.fence.value !== null) return hold
    return { ...hold, fence: { ...hold.fence, below: Math.min(hold.fence.below, first - hold.fence.count + 1) } }
  })
  return { ...state, holds, lastFence: Math.max(state.lastFence, first + count - 1) }
}

/** The state when a hold is seen to have this fence, or `null` when it cannot. */
export function reveal(state: NameState, hold: Hold, fence: number): NameState | null {
  const { value, above, below, count, grant: order } = hold.fence
  if (value !== null) return value === fence ? state : null
  if (fence <= above || fence >= below) return null
  const holds = state.holds.map((each) => {
    if (each.owner === hold.owner) return { ...each, fence: { ...each.fence, value: fence } }
    if (each.fence.value !== null || each.fence.grant < order) return each
    return { ...each, fence: { ...each.fence, above: Math.max(each.fence.above, fence + count - 1) } }
  })
  return { ...state, holds, lastFence: Math.max(state.lastFence, fence + count - 1) }
}
