import { type Backoff, decorrelatedJitter } from '../backoff.js'
import { callError } from '../errors/call-error.js'
import { describeValue, quoteName } from '../errors/messages.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { randomFraction } from '../owner-token.js'
import type { Acquisition } from './acquisition.js'
import { rejectLater } from '../timers/later.js'
import { PLACE_MS } from './claim-of.js'
import { PendingClaim } from './pending-claim.js'

/** No claim in line lets more time pass than this: it keeps its place, and makes up for a lost notification. */
const POLL_MS = PLACE_MS / 3

const pollWithJitter = decorrelatedJitter({ minMs: 10, maxMs: 250 })
/** Where a place is kept, nothing is lost between two questions, each of which may have to be paid for. */
const pollFromPlace = decorrelatedJitter({ minMs: 50, maxMs: 500 })

/**
 * Asks the store for a name until the budget ends. The consequence of each answer, while the budget lasts and after it:
 *
 * | answer  | while it lasts                                | at its end           | aborted or closed                   |
 * | ------- | --------------------------------------------- | -------------------- | ----------------------------------- |
 * | granted | the lease                                     | the lease            | released, the reason                |
 * | refused | sleep, ask again                              | the place is left, `null` | the place is left, the reason  |
 * | unknown | ask again with the same owner, which finds a grant whose answer was lost | released, `LOCK_INDETERMINATE` | released, the reason |
 * | failed  | ask again, unless that cannot help            | `LOCK_BACKEND`       | the reason                          |
 *
 * Released means at once, and once more when a late answer arrives.
 */
export async function askStore(acquisition: Acquisition): Promise<LeaseHandle | null> {
  const claim = firstClaim(acquisition)
  // The only wait of most acquisitions: whatever follows it, and is rare, stays out of this function.
  await claim.ask()
  const lease = leaseOf(acquisition, claim, 1)
  if (lease === null) return await goOn(acquisition, claim)
  acquisition.unregister()
  return lease
}

function firstClaim(acquisition: Acquisition): PendingClaim {
  try {
    return new PendingClaim(acquisition)
  } catch (error) {
    acquisition.unregister()
    throw error
  }
}

/** Gives up or asks again, after a first answer that was no lease. */
function goOn(acquisition: Acquisition, first: PendingClaim): Promise<LeaseHandle | null> | null {
  const { isAtOnce } = acquisition
  let claim: PendingClaim | null = null
  try {
    claim = nextClaim(acquisition, first, 1)
  } catch (error) {
    // The call for several names, of which this is a part, rejects later itself.
    if (acquisition.settings.isPart) throw error
    return rejectLater(acquisition.engine.clock, error)
  } finally {
    if (claim === null) {
      first.abandon()
      acquisition.unregister()
    }
  }
  return claim && askAgain(acquisition, claim, isAtOnce && claim.state.is === 'refused')
}

/** @param isDue whether it asks without a pause: refused without a place in line, it has yet to ask for one. */
async function askAgain(acquisition: Acquisition, first: PendingClaim, isDue: boolean): Promise<LeaseHandle | null> {
  const { engine, settings, budget } = acquisition
  const { clock } = engine
  let claim: PendingClaim | null = first
  let previousMs = 0
  try {
    for (let attempts = 1; claim !== null; claim = nextClaim(acquisition, claim, ++attempts)) {
      acquisition.announceWaiting()
      const backoff = settings.backoff ?? (claim.hasPlace ? pollFromPlace : pollWithJitter)
      previousMs = backoffMs(backoff, attempts, previousMs)
      const delayMs = isDue && attempts === 1 ? 0 : nextDelayMs(acquisition, claim, previousMs)
      await claim.sleep(Math.min(clock.now() + delayMs, budget.until))
      acquisition.throwIfAborted()
      const announced = claim.takeAnnounced(attempts)
      if (announced !== null) return announced
      if (clock.now() >= budget.until) return giveUp(acquisition, claim)
      await claim.ask()
      const lease = leaseOf(acquisition, claim, attempts + 1)
      if (lease !== null) return lease
    }
    return null
  } catch (error) {
    claim?.abandon()
    throw error
  } finally {
    acquisition.unregister()
  }
}

/** The claim to go on with after an answer that was no lease; `null` when it has given up. */
function nextClaim(acquisition: Acquisition, claim: PendingClaim, attempts: number): PendingClaim | null {
  const { engine, settings, budget } = acquisition
  let next = claim
  if (claim.state.is === 'granted') {
    // The grant came too late. An owner that is released is never asked for again.
    claim.abandon()
    next = new PendingClaim(acquisition)
  }
  acquisition.throwIfAborted()
  emitContended(acquisition, next, attempts)
  acquisition.throwIfAborted()
  if (engine.clock.now() >= budget.until || cannotSucceed(next)) return giveUp(acquisition, next)
  if (acquisition.isAtOnce) {
    acquisition.isAtOnce = false
    acquisition.onNotAtOnce?.()
    next.joinLine()
  }
  return attempts >= (settings.once ? 1 : settings.maxAttempts) ? giveUp(acquisition, next) : next
}

function leaseOf({ storeOnly }: Acquisition, claim: PendingClaim, attempts: number): LeaseHandle | null {
  if (claim.state.is !== 'failed') storeOnly?.answered()
  return claim.takeGranted(attempts)
}

const cannotSucceed = ({ state }: PendingClaim): boolean => state.is === 'failed' && !state.failure.retryable

function giveUp(acquisition: Acquisition, pending: PendingClaim): null {
  const { state } = pending
  const { name, owner } = pending.claim
  const failure = state.is === 'failed' ? state.failure : undefined
  if (pending.mayBeGranted || pending.hasUnanswered) {
    const cause = failure?.cause ?? new Error('a call was not answered')
    throw callError(`whether ${quoteName(name)} was acquired is unknown`, { executed: 'unknown', cause }, owner)
  }
  if (failure !== undefined) throw callError(`${quoteName(name)} could not be acquired`, failure, owner)
  pending.abandon()
  return acquisition.refused()
}

/** How long to wait before asking again: not beyond the end of the present lease, nor until the place is lost. */
function nextDelayMs({ engine, settings }: Acquisition, claim: PendingClaim, callerMs: number): number {
  const { state, hasPlace } = claim
  const canBeNotified = hasPlace && engine.backend.capabilities.watch
  if (canBeNotified && !claim.isSubscribed) {
    // The first waiter of this locker starts the subscription. Once it stands, the store has to be asked again, so that
    // it knows where to send the notification. Where attempts are counted, that is not worth an attempt.
    if (claim.subscribe() && settings.maxAttempts === Infinity) return 0
  }
  const pollMs = hasPlace ? POLL_MS : Infinity
  if (state.is !== 'refused') return Math.max(1, Math.min(callerMs, pollMs))
  const { retryAfterMs, ahead } = state.answer
  // Where a notification follows, or others stand before the next one in line, asking is needless, except by the
  // caller's own policy.
  const isNeedless = settings.backoff === undefined && (claim.isSubscribed || (ahead ?? 0) > 1)
  return Math.max(1, Math.min(isNeedless ? Infinity : callerMs, retryAfterMs ?? Infinity, pollMs))
}

function backoffMs(backoff: Backoff, attempts: number, previousMs: number): number {
  const delayMs = backoff({ attempt: attempts, previousMs, random: randomFraction() })
  if (Number.isFinite(delayMs) && delayMs >= 0) return delayMs
  throw new RangeError(
    `the backoff answered ${describeValue(delayMs)}: it must answer a finite number of milliseconds, not negative`,
  )
}

function emitContended({ name, settings }: Acquisition, { state }: PendingClaim, attempt: number): void {
  if (state.is === 'refused') settings.observed?.contended(name, attempt, state.answer.retryAfterMs)
}
