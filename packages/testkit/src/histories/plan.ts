import type { Claim, LockMode } from '@holdfast/core'
import type { Call } from './operation.js'

/** The calls of a history, as data: it can be played again, on other names, and with parts left out. */
export type Plan = readonly Action[]

export type Action =
  /** Calls that are made without waiting for each other's answers; time may pass before these are awaited. */
  | { readonly type: 'calls'; readonly calls: readonly PlannedCall[]; readonly meanwhileMs: number }
  | { readonly type: 'pass'; readonly ms: number }

/** Names and owners are numbers, until a plan is played. */
export type PlannedCall = Through &
  (
    | {
        readonly verb: 'acquire'
        readonly claim: PlannedClaim
        readonly steal: boolean
        readonly lineMs: number | null
      }
    | { readonly verb: 'extend'; readonly claims: readonly PlannedClaim[] }
    | { readonly verb: 'release'; readonly name: number; readonly owner: number; readonly keepMs: number }
    | { readonly verb: 'inspect' | 'evict'; readonly name: number }
    | { readonly verb: 'list' }
  )

export interface Through {
  readonly handle: 0 | 1
  /** The turns of the event loop between the call before and this call. */
  readonly turns: number
  /** When the signal of the call is aborted: before it is made, or right after. */
  readonly aborted?: 'before' | 'after'
}

export interface PlannedClaim {
  readonly name: number
  readonly owner: number
  readonly ttlMs: number
  readonly mode: LockMode
  readonly limit: number
  readonly fences: number | null
}

/** The subject of a history. */
export interface Profile {
  readonly shared: boolean
  readonly fences: boolean
  readonly line: boolean
  readonly list: boolean
  /** How many actions, names and owners. */
  readonly length: number
  readonly names: number
  readonly owners: number
  /** How long durations are: 1 in virtual time, more where calls take long. */
  readonly unit: number
  /** How far from the end of a lease a call is still to be made before it or after it, in milliseconds. */
  readonly edgeMs: number
  /** The longest that a history lets pass at once, in milliseconds. */
  readonly longestMs: number
}

/** The calls of a plan on the names and owners that it is played with. */
export function callsOf(
  planned: PlannedCall,
  name: (index: number) => string,
  owner: (index: number) => string,
): readonly Call[] {
  const claimOf = (claim: PlannedClaim): Claim => ({
    name: name(claim.name),
    owner: owner(claim.owner),
    ttlMs: claim.ttlMs,
    mode: claim.mode,
    limit: claim.mode === 'shared' ? claim.limit : 1,
    ...(claim.fences !== null && { fences: claim.fences }),
  })
  switch (planned.verb) {
    case 'acquire': {
      const { claim, steal, lineMs } = planned
      return [
        { verb: 'acquire', claim: { ...claimOf(claim), ...(lineMs !== null && { lineMs }), ...(steal && { steal }) } },
      ]
    }
    case 'extend':
      return planned.claims.map((claim) => ({ verb: 'extend', claim: claimOf(claim) }))
    case 'release': {
      const { keepMs } = planned
      const ownership = { name: name(planned.name), owner: owner(planned.owner), ...(keepMs > 0 && { keepMs }) }
      return [{ verb: 'release', ownership }]
    }
    case 'list':
      return []
    case 'inspect':
    case 'evict':
    default:
      return [{ verb: planned.verb, name: name(planned.name) }]
  }
}
