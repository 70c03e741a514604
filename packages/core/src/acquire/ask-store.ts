import type { Acquisition } from './acquisition.js'
import { callStore, type CallFailure, isCallFailure } from '../store/call.js'
import type { Refused } from '../backend.js'
import { type Backoff, decorrelatedJitter } from '../backoff.js'
import { LockError } from '../errors/errors.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { emit } from '../observer.js'
import { quoteName, messageOf } from '../errors/messages.js'
import { redact } from '../errors/redact.js'
import { PLACE_MS, PendingClaim } from './pending-claim.js'
import { randomFraction } from '../owner-token.js'

/** Nobody who stands in line lets more time pass than this: the place is kept, a lost hint made up for. */
const POLL_MS = PLACE_MS / 3

const pollWithJitter = decorrelatedJitter({ minMs: 10, maxMs: 250 })
/** Where a place is kept, nobody else slips in between two questions, each of which may be paid for. */
const pollFromPlace = decorrelatedJitter({ minMs: 50, maxMs: 500 })

/**
 * Asks the store for a name until it is granted. Answers `null` when it certainly is not.
 *
 * An attempt with an unknown outcome is repeated with the same owner, so that a grant whose answer was
 * lost is found again. Whoever gives up while something may still be granted gives that back, at once
 * and again when a late answer arrives.
 *
 * @throws what `acquisition` was told, unchanged; `LOCK_INDETERMINATE`; `LOCK_BACKEND`.
 */
export async function askStore(acquisition: Acquisition): Promise<LeaseHandle | null> {
  const { engine, settings, until } = acquisition
  const { backend, clock } = engine
  const { timeoutMs } = settings.term
  const maxAttempts = acquisition.once ? 1 : settings.maxAttempts
  let pending = new PendingClaim(acquisition)
  let sentAt = acquisition.since
  let previousMs = 0
  try {
    for (let attempts = 1; ; attempts++) {
      // The first time, the moment of the call will do: earlier is on the safe side.
      if (attempts > 1 || acquisition.waited) sentAt = clock.now()
      const sentAtWall = clock.wallNow()
      const { hold } = pending
      pending.beforeCall(sentAt)
      const answer = await callStore(
        (call) => backend.acquire(hold.claim, call),
        engine.waitTimers,
        Math.min(sentAt + timeoutMs, until),
        acquisition,
        pending,
      )
      if (!isCallFailure(answer)) acquisition.direct?.answered()
      let failure: CallFailure | undefined
      let refused: Refused | undefined
      if (isCallFailure(answer)) {
        failure = answer
        if (answer.executed === 'unknown') pending.lastOutcomeUnknown = pending.mayStillExecute = true
        if (answer.unanswered) pending.unanswered++
      } else if (!answer.acquired) {
        refused = answer
        pending.lastOutcomeUnknown = false
        pending.hasPlace = answer.ahead !== null
      } else {
        if (pending.mayStillExecute) hold.capValidity(settings.ttlMs)
        if (!acquisition.stopped && hold.start(answer, sentAt, sentAtWall)) {
          return pending.complete(answer.fence, attempts)
        }
        // Not wanted any more, or too late to be of use. What is given back is never asked for again.
        pending.mayStillExecute = true
        pending.abandon()
        pending = new PendingClaim(acquisition)
      }
      if (acquisition.stopped) throw acquisition.reason
      if (refused !== undefined) emitContended(acquisition, attempts, refused)
      if (attempts >= maxAttempts || clock.now() >= until || failure?.retryable === false) {
        return giveUp(pending, failure)
      }
      acquisition.announceWaiting()

      previousMs = delayAfter(
        settings.backoff ?? (pending.hasPlace ? pollFromPlace : pollWithJitter),
        attempts,
        previousMs,
      )
      await pending.sleep(Math.min(clock.now() + pauseMs(acquisition, pending, refused, previousMs), until))
      if (acquisition.stopped) throw acquisition.reason
      if (refused !== undefined && pending.acceptGrant(sentAt, sentAtWall)) {
        return pending.complete(pending.granted?.fence ?? null, attempts)
      }
      if (clock.now() >= until) return giveUp(pending, failure)
    }
  } catch (error) {
    pending.abandon()
    throw error
  } finally {
    acquisition.unregister()
  }
}

function giveUp(pending: PendingClaim, failure: CallFailure | undefined): null {
  const { name, owner } = pending.hold.claim
  const cause = failure === undefined ? undefined : redact(failure.cause, [owner])
  if (pending.lastOutcomeUnknown || pending.unanswered > 0) {
    const message = `whether ${quoteName(name)} was acquired is unknown: ${messageOf(cause)}`
    throw new LockError('LOCK_INDETERMINATE', message, { cause })
  }
  if (failure !== undefined) {
    throw new LockError('LOCK_BACKEND', `${quoteName(name)} could not be acquired: ${messageOf(cause)}`, { cause })
  }
  pending.abandon()
  return null
}

/** How long to wait before asking again: not beyond the end of the present lease, nor until the place is lost. */
function pauseMs(
  acquisition: Acquisition,
  pending: PendingClaim,
  refused: Refused | undefined,
  backoffMs: number,
): number {
  const { backend, notifications: turns } = acquisition.engine
  const watched = pending.hasPlace && backend.capabilities.watch
  if (watched && !pending.notified) {
    // The first in this locker to wait. It is woken when the watch stands, to ask again with somewhere to be told.
    turns.subscribe(pending.hold.claim.owner, pending)
    turns.start()
    if (turns.active()) return 0
  }
  // With hints there is no need to ask, except by the caller's own policy.
  const hinted = watched && pending.notified
  // Nor while others stand before the next one in line.
  const distant = (refused?.ahead ?? 0) > 1
  const needless = (hinted || distant) && refused !== undefined && acquisition.settings.backoff === undefined
  const poll = pending.hasPlace ? POLL_MS : Infinity
  return Math.max(1, Math.min(needless ? Infinity : backoffMs, refused?.retryAfterMs ?? Infinity, poll))
}

function delayAfter(backoff: Backoff, attempts: number, previousMs: number): number {
  const delayMs = backoff({ attempt: attempts, previousMs, random: randomFraction() })
  if (Number.isFinite(delayMs) && delayMs >= 0) return delayMs
  throw new RangeError(
    `the backoff answered ${String(delayMs)}: it must answer a finite number of milliseconds, not negative`,
  )
}

function emitContended({ engine, name, mode }: Acquisition, attempts: number, { retryAfterMs }: Refused): void {
  emit(engine.observer, 'contended', () => ({ name, mode, attempt: attempts, retryAfterMs }))
}
