import type { TimerQueue } from '../timers/timer-queue.js'
import { callStore, type CallFailure, isCallFailure } from '../store/call.js'
import type { Claim, ExtendOutcome } from '../backend.js'
import type { Hold, HoldHost } from './hold.js'

/** What became of extending one hold. `'ended'`: the store holds it no more, and neither did we by then. */
export type ExtendResult = Granted | 'lost' | 'ended' | CallFailure
interface Granted {
  /** The first of the fences reserved, if any were asked for. */
  readonly fence: number | null
}

export interface ExtendOptions {
  readonly timers: TimerQueue
  /** When to stop waiting for the answer, on the monotonic clock. */
  readonly until: number
  /** To what: each hold's own ttl by default. */
  readonly ttlMs?: number
  readonly fences?: number
}

/**
 * Extends holds by one call to the store and takes each outcome. None of them may have an extension
 * in flight: which of two is executed last could not be known.
 */
export function extendHolds(
  engine: Pick<HoldHost, 'backend' | 'clock'>,
  holds: readonly Hold[],
  options: ExtendOptions,
): Promise<readonly ExtendResult[]> {
  const extending = extend(engine, holds, options)
  const settled = extending.then(() => {
    for (const hold of holds) hold.extensionInFlight = undefined
  })
  for (const hold of holds) hold.extensionInFlight = settled
  return settled.then(() => extending)
}

async function extend(
  { backend, clock }: Pick<HoldHost, 'backend' | 'clock'>,
  holds: readonly Hold[],
  { timers, until, ttlMs, fences }: ExtendOptions,
): Promise<readonly ExtendResult[]> {
  const sentAt = clock.now()
  const sentAtWall = clock.wallNow()
  const claims = holds.map(({ claim }) => claimFor(claim, ttlMs, fences))
  const restore = holds.map((hold, i) => hold.beginExtension(sentAt, sentAtWall, (claims[i] as Claim).ttlMs))
  const answer = await callStore((call) => backend.extend(claims, call), timers, until)
  return holds.map((hold, i) => {
    const claim = claims[i] as Claim
    const outcome = isCallFailure(answer)
      ? answer
      : (answer?.[i] ?? { status: 'unknown', cause: new Error('no outcome') })
    if (isCallFailure(outcome) || outcome.status === 'unknown') {
      const failure = isCallFailure(outcome) ? outcome : unknownOf(outcome)
      if (failure.executed === 'no') restore[i]?.(false)
      return failure
    }
    restore[i]?.(true)
    if (outcome.status === 'extended') {
      hold.extended(sentAt, sentAtWall, outcome.validMs, claim.ttlMs)
      return { fence: outcome.fence }
    }
    if (hold.state !== 'held') return 'ended'
    hold.lose('the store holds it for nobody or for somebody else')
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

function unknownOf({ cause }: Extract<ExtendOutcome, { status: 'unknown' }>): CallFailure {
  return { failed: true, executed: 'unknown', retryable: true, unanswered: false, cause }
}
