import type { Alarms } from './alarms.js'
import { attempt, type Failure, isFailure } from './attempt.js'
import type { Claim, ExtendOutcome } from './backend.js'
import type { Engine } from './engine.js'
import type { Tenure } from './tenure.js'

/** What became of extending one tenure. `'ended'`: the store holds it no more, and neither did we by then. */
export type Extension = Granted | 'lost' | 'ended' | Failure
interface Granted {
  /** The first of the fences reserved, if any were asked for. */
  readonly fence: number | null
}

export interface ExtensionOptions {
  readonly alarms: Alarms
  /** When to stop waiting for the answer, on the monotonic clock. */
  readonly until: number
  /** To what: each tenure's own ttl by default. */
  readonly ttlMs?: number
  readonly fences?: number
}

/**
 * Extends tenures by one call to the store and takes each outcome. None of them may have an extension
 * in flight: which of two is executed last could not be known.
 */
export function extendTogether(
  engine: Engine,
  tenures: readonly Tenure[],
  options: ExtensionOptions,
): Promise<readonly Extension[]> {
  const extending = extend(engine, tenures, options)
  const settled = extending.then(() => {
    for (const tenure of tenures) tenure.extending = undefined
  })
  for (const tenure of tenures) tenure.extending = settled
  return settled.then(() => extending)
}

async function extend(
  { backend, clock }: Engine,
  tenures: readonly Tenure[],
  { alarms, until, ttlMs, fences }: ExtensionOptions,
): Promise<readonly Extension[]> {
  const sentAt = clock.now()
  const sentAtWall = clock.wallNow()
  const claims = tenures.map(({ claim }) => claimFor(claim, ttlMs, fences))
  const restore = tenures.map((tenure, i) => tenure.mayBecome(sentAt, sentAtWall, (claims[i] as Claim).ttlMs))
  const answer = await attempt((call) => backend.extend(claims, call), alarms, until)
  return tenures.map((tenure, i) => {
    const claim = claims[i] as Claim
    const outcome = isFailure(answer) ? answer : (answer?.[i] ?? { status: 'unknown', cause: new Error('no outcome') })
    if (isFailure(outcome) || outcome.status === 'unknown') {
      const failure = isFailure(outcome) ? outcome : unknownOf(outcome)
      if (failure.executed === 'no') restore[i]?.(false)
      return failure
    }
    restore[i]?.(true)
    if (outcome.status === 'extended') {
      tenure.extended(sentAt, sentAtWall, outcome.validMs, claim.ttlMs)
      return { fence: outcome.fence }
    }
    if (tenure.state !== 'held') return 'ended'
    tenure.lose('the store holds it for nobody or for somebody else')
    return 'lost'
  })
}

/** The claim as the store is to extend it: without what only an acquisition wants. */
function claimFor(claim: Claim, otherTtlMs?: number, reserve?: number): Claim {
  const { name, owner, ttlMs, mode, limit, fences, steal } = claim
  if (otherTtlMs === undefined && reserve === undefined && fences === undefined && steal === undefined) return claim
  const asked = { name, owner, ttlMs: otherTtlMs ?? ttlMs, mode, limit }
  return reserve === undefined ? asked : { ...asked, fences: reserve }
}

function unknownOf({ cause }: Extract<ExtendOutcome, { status: 'unknown' }>): Failure {
  return { failed: true, executed: 'unknown', retryable: true, pending: false, cause }
}
