import type { Acquisition } from './acquisition.js'
import { attempt, type Failure, isFailure } from './attempt.js'
import type { Refused } from './backend.js'
import { type Backoff, decorrelatedJitter } from './backoff.js'
import { LockError } from './errors.js'
import type { HeldLease } from './held-lease.js'
import { tell } from './observer.js'
import { quote } from './quote.js'
import { reasonOf, withoutSecret } from './redact.js'
import { LINE_MS, Sought } from './sought.js'
import { randomFraction } from './token.js'

/** Nobody who stands in line lets more time pass than this: the place is kept, a lost hint made up for. */
const POLL_MS = LINE_MS / 3

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
export async function pursue(acquisition: Acquisition): Promise<HeldLease | null> {
  const { engine, settings, until } = acquisition
  const { backend, clock } = engine
  const { timeoutMs } = settings.term
  const maxAttempts = acquisition.once ? 1 : settings.maxAttempts
  let sought = new Sought(acquisition)
  let sentAt = acquisition.since
  let previousMs = 0
  try {
    for (let attempts = 1; ; attempts++) {
      // The first time, the moment of the call will do: earlier is on the safe side.
      if (attempts > 1 || acquisition.waited) sentAt = clock.now()
      const sentAtWall = clock.wallNow()
      const { tenure } = sought
      sought.asking(sentAt)
      const answer = await attempt(
        (call) => backend.acquire(tenure.claim, call),
        engine.waits,
        Math.min(sentAt + timeoutMs, until),
        acquisition,
        sought,
      )
      if (!isFailure(answer)) acquisition.direct?.answered()
      let failure: Failure | undefined
      let refused: Refused | undefined
      if (isFailure(answer)) {
        failure = answer
        if (answer.executed === 'unknown') sought.uncertain = sought.unresolved = true
        if (answer.pending) sought.pending++
      } else if (!answer.acquired) {
        refused = answer
        sought.uncertain = false
        sought.inLine = answer.ahead !== null
      } else {
        if (sought.unresolved) tenure.mayBeCutTo(settings.ttlMs)
        if (!acquisition.stopped && tenure.grant(answer, sentAt, sentAtWall)) {
          return sought.found(answer.fence, attempts)
        }
        // Not wanted any more, or too late to be of use. What is given back is never asked for again.
        sought.unresolved = true
        sought.letGo()
        sought = new Sought(acquisition)
      }
      if (acquisition.stopped) throw acquisition.reason
      if (refused !== undefined) tellContended(acquisition, attempts, refused)
      if (attempts >= maxAttempts || clock.now() >= until || failure?.retryable === false) {
        return giveUp(sought, failure)
      }
      acquisition.announce()

      previousMs = delayAfter(
        settings.backoff ?? (sought.inLine ? pollFromPlace : pollWithJitter),
        attempts,
        previousMs,
      )
      await sought.sleep(Math.min(clock.now() + pauseMs(acquisition, sought, refused, previousMs), until))
      if (acquisition.stopped) throw acquisition.reason
      if (refused !== undefined && sought.takeTurn(sentAt, sentAtWall)) {
        return sought.found(sought.granted?.fence ?? null, attempts)
      }
      if (clock.now() >= until) return giveUp(sought, failure)
    }
  } catch (error) {
    sought.letGo()
    throw error
  } finally {
    acquisition.end()
  }
}

function giveUp(sought: Sought, failure: Failure | undefined): null {
  const { name, owner } = sought.tenure.claim
  const cause = failure === undefined ? undefined : withoutSecret(failure.cause, owner)
  if (sought.uncertain || sought.pending > 0) {
    const message = `whether ${quote(name)} was acquired is unknown: ${reasonOf(cause)}`
    throw new LockError('LOCK_INDETERMINATE', message, { cause })
  }
  if (failure !== undefined) {
    throw new LockError('LOCK_BACKEND', `${quote(name)} could not be acquired: ${reasonOf(cause)}`, { cause })
  }
  sought.letGo()
  return null
}

/** How long to wait before asking again: not beyond the end of the present lease, nor until the place is lost. */
function pauseMs(acquisition: Acquisition, sought: Sought, refused: Refused | undefined, backoffMs: number): number {
  const { backend, turns } = acquisition.engine
  const watched = sought.inLine && backend.capabilities.watch
  if (watched && !sought.listening) {
    // The first in this locker to wait. It is woken when the watch stands, to ask again with somewhere to be told.
    turns.expect(sought.tenure.claim.owner, sought)
    turns.start()
    if (turns.ready()) return 0
  }
  // With hints there is no need to ask, except by the caller's own policy.
  const hinted = watched && sought.listening
  // Nor while others stand before the next one in line.
  const distant = (refused?.ahead ?? 0) > 1
  const needless = (hinted || distant) && refused !== undefined && acquisition.settings.backoff === undefined
  const poll = sought.inLine ? POLL_MS : Infinity
  return Math.max(1, Math.min(needless ? Infinity : backoffMs, refused?.retryAfterMs ?? Infinity, poll))
}

function delayAfter(backoff: Backoff, attempts: number, previousMs: number): number {
  const delayMs = backoff({ attempt: attempts, previousMs, random: randomFraction() })
  if (Number.isFinite(delayMs) && delayMs >= 0) return delayMs
  throw new RangeError(
    `the backoff answered ${String(delayMs)}: it must answer a finite number of milliseconds, not negative`,
  )
}

function tellContended({ engine, name, mode }: Acquisition, attempts: number, { retryAfterMs }: Refused): void {
  tell(engine.observer, 'contended', () => ({ name, mode, attempt: attempts, retryAfterMs }))
}
