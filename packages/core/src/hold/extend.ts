import type { Claim, ExtendOutcome } from '../backend.js'
import { emit, type LeaseEvent } from '../observer/observer.js'
import { checkExtendOutcome } from '../store/answers.js'
import { type CallFailure, callStore, isCallFailure, malformedAnswer, unknownOutcome } from '../store/call.js'
import type { Interruptible } from '../timers/sleep.js'
import type { TimerQueue } from '../timers/timer-queue.js'
import {
  longestPossibleMs,
  noteExtended,
  noteNeverAnswered,
  noteResolved,
  noteSent,
  type Reading,
  type Unresolved,
} from './deadline.js'
import { type Hold, type HoldHost, readClocks } from './hold.js'

/**
 * The result of extending a hold:
 *
 * - `extended`: with the first of the fences reserved, if any were asked for;
 * - `lost`: the store says that another owner holds the name, or none;
 * - `ended`: the hold had ended before the answer came;
 * - `failed`: there is no certain answer, or the store refused.
 */
export type ExtendResult =
  | { readonly is: 'extended'; readonly fence: number | null }
  | { readonly is: 'lost' }
  | { readonly is: 'ended' }
  | { readonly is: 'failed'; readonly failure: CallFailure }

export interface ExtendOptions {
  readonly timers: TimerQueue
  /** When to stop waiting for the answer, on the monotonic clock. A later answer still counts. */
  readonly until: number
  /** To how long from now. Default: to the ttl of its claim, or to the time that is left when that is more. */
  readonly ttlOf?: ((hold: Hold) => number) | undefined
  /** How many fences to reserve. */
  readonly fences?: number
  /** Whether each extension is emitted to the observer. */
  readonly emits?: boolean
  /** Called when the call has started. Interrupting it ends the waiting. */
  onCallStarted?: ((call: Interruptible) => void) | undefined
  /** Called with the answers when they come after the waiting has ended. */
  onLateResults?(results: readonly ExtendResult[]): void
}

const LOST: ExtendResult = { is: 'lost' }
const ENDED: ExtendResult = { is: 'ended' }

/** A script over more keys than this keeps the server from everyone else; fewer cost more commands. */
export const BATCH = 100
/** A try that fails may use this much of the time left, so that there is always another one. */
const SHARE_OF_REST = 1 / 4
/** And this much at least, unless the ttl is short: tries that come ever faster help nobody. */
const LEAST_TRY_MS = 50

/** How long one try to extend may be waited for, so that a failed one leaves time for others. */
export function attemptBoundMs({ terms, claim }: Hold, leftMs: number): number {
  const least = Math.min(LEAST_TRY_MS, claim.ttlMs / 20)
  return Math.min(terms.timeoutMs, Math.max(1, least, leftMs * SHARE_OF_REST))
}

/**
 * The only way to extend holds: one call to the store, of which each hold takes its outcome once, whenever it comes.
 * None of the holds may have an extension in flight. An answer is counted from when its own command was sent, so that it
 * is worth as much when it comes late. When the call is not waited for any more, each hold is scheduled anew.
 */
export function extendHolds(
  host: HoldHost,
  holds: readonly Hold[],
  options: ExtendOptions,
): Promise<readonly ExtendResult[]> {
  const { timers, until, onCallStarted, onLateResults } = options
  const sentAt = readClocks(host)
  const claims = holds.map((hold) => claimFor(hold, sentAt, options))
  const retryAt = holds.map((hold, i) => {
    return sentAt.now + attemptBoundMs(hold, Math.min(hold.remainingAt(sentAt), (claims[i] as Claim).ttlMs))
  })
  const sent = holds.map((hold, i) => noteSent(hold, sentAt, (claims[i] as Claim).ttlMs))

  const settle = (answer: readonly ExtendOutcome[] | CallFailure): readonly ExtendResult[] =>
    holds.map((hold, i) => {
      // Here and not for all of them before: the end of one may call code that hands another one over.
      if (hold.extensionInFlight === results) hold.extensionInFlight = undefined
      const result = settleOne(hold, claims[i] as Claim, sent[i] as Unresolved, outcomeOf(answer, i))
      if (result.is === 'failed')
        hold.failed = { retryAt: Math.max(retryAt[i] as number, host.clock.now() + 1), cause: result.failure.cause }
      else if (result.is === 'extended' && options.emits === true) emitRenewed(hold)
      hold.schedule()
      return result
    })

  const results: Promise<readonly ExtendResult[]> = callStore(
    (call) => host.backend.extend(claims, call),
    { timers, until },
    {
      onCallStarted,
      onLateAnswer: (answer) => {
        const late = settle(answer)
        onLateResults?.(late)
      },
    },
  ).then(settle)
  for (const hold of holds) {
    hold.extensionInFlight = results
    // A shorter lease has an earlier deadline from now on.
    hold.schedule()
  }
  return results
}

function settleOne(hold: Hold, asked: Claim, sent: Unresolved, outcome: ExtendOutcome | CallFailure): ExtendResult {
  if (isCallFailure(outcome)) {
    if (outcome.executed === 'no') noteResolved(hold, sent)
    else if (!outcome.unanswered) noteNeverAnswered(hold, sent)
    return { is: 'failed', failure: outcome }
  }
  if (!hold.isHeld()) return ENDED
  if (outcome.status === 'extended') {
    noteExtended(hold, sent, outcome.validMs)
    hold.failed = undefined
    return hold.isHeld() ? { is: 'extended', fence: outcome.fence } : ENDED
  }
  noteResolved(hold, sent)
  // An exclusive claim that is executed after its owner has become a reader finds nothing exclusive.
  if (asked.mode !== hold.claim.mode) {
    return { is: 'failed', failure: unknownOutcome(new Error('the lease has changed its mode meanwhile')) }
  }
  hold.lose('the store holds it for nobody or for somebody else')
  return LOST
}

function outcomeOf(answer: readonly ExtendOutcome[] | CallFailure, i: number): ExtendOutcome | CallFailure {
  if (isCallFailure(answer)) return answer
  try {
    const outcome: unknown = (answer as readonly unknown[] | null | undefined)?.[i]
    checkExtendOutcome(outcome)
    return outcome.status === 'unknown' ? unknownOutcome(outcome.cause) : outcome
  } catch (error) {
    return malformedAnswer(error)
  }
}

/** The claim for an extension: without the fields that only an acquisition has. */
function claimFor(hold: Hold, now: Reading, { ttlOf, fences: reserve }: ExtendOptions): Claim {
  const { claim } = hold
  const { name, owner, mode, limit, fences, steal } = claim
  // Nothing that is done in the background shortens a lease that was extended by hand, or is being extended.
  const ttlMs = ttlOf?.(hold) ?? Math.max(claim.ttlMs, Math.ceil(longestPossibleMs(hold, now)))
  if (ttlMs === claim.ttlMs && reserve === undefined && fences === undefined && steal === undefined) return claim
  const asked = { name, owner, ttlMs, mode, limit }
  return reserve === undefined ? asked : { ...asked, fences: reserve }
}

function emitRenewed(hold: Hold): void {
  const fields = eventFields(hold)
  if (fields !== undefined) emit(hold.host.observer, 'renewed', () => ({ ...fields, remainingMs: hold.remainingMs() }))
}

/** The fields of an event of this hold; `undefined` while no caller has a lease on it, and without an observer. */
export function eventFields({ holder, claim: { name, mode } }: Hold): LeaseEvent | undefined {
  const record = holder?.record
  return record && { id: record.id, leaseId: record.leaseId, name, mode }
}
