import type { Acquisition } from './acquisition.js'
import { attempt, type Failure, isFailure } from './attempt.js'
import type { LockMode, Refused } from './backend.js'
import { type Backoff, decorrelatedJitter } from './backoff.js'
import type { Engine } from './engine.js'
import { LockError } from './errors.js'
import { tell } from './observer.js'
import { quote } from './quote.js'
import { reasonOf, withoutSecret } from './redact.js'
import { LINE_MS, Sought } from './sought.js'
import type { Tenure, Term } from './tenure.js'
import { randomFraction } from './token.js'

/** What is to be acquired, and with how much patience. All validated. */
export interface Want {
  readonly name: string
  readonly mode: LockMode
  readonly limit: number
  readonly ttlMs: number
  readonly term: Term
  /** Until when it is wanted, on the monotonic clock. */
  readonly until: number
  /** Calls to the store at most. With one, nobody waits, and no place in line is taken. */
  readonly maxAttempts: number
  /** The caller's policy between attempts, if there is one. */
  readonly backoff: Backoff | undefined
}

export interface Pursued {
  readonly tenure: Tenure
  readonly fence: number | null
  readonly attempts: number
}

/** Nobody who stands in line lets more time pass than this: the place is kept, a lost hint made up for. */
const POLL_MS = LINE_MS / 3

const pollWithJitter = decorrelatedJitter({ minMs: 10, maxMs: 250 })

/**
 * Asks the store for a name until it is granted. Answers `'busy'` when it certainly is not.
 *
 * An attempt with an unknown outcome is repeated with the same owner, so that a grant whose answer was
 * lost is found again. Whoever gives up while something may still be granted gives that back, at once
 * and again when a late answer arrives.
 *
 * @throws what `acquisition` was told, unchanged; `LOCK_INDETERMINATE`; `LOCK_BACKEND`.
 */
export async function pursue(engine: Engine, want: Want, acquisition: Acquisition): Promise<Pursued | 'busy'> {
  const { backend, clock, waits, turns } = engine
  let sought = new Sought(engine, want)
  let previousMs = 0
  try {
    for (let attempts = 1; ; attempts++) {
      const sentAt = clock.now()
      const sentAtWall = clock.wallNow()
      const { tenure } = sought
      sought.asking(sentAt)
      const answer = await attempt(
        (call) => backend.acquire(tenure.claim, call),
        waits,
        Math.min(sentAt + want.term.timeoutMs, want.until),
        acquisition,
        sought,
      )
      let failure: Failure | undefined
      let refused: Refused | undefined
      if (isFailure(answer)) {
        failure = answer
        if (answer.executed === 'unknown') sought.uncertain = true
        if (answer.pending) sought.pending++
      } else if (!answer.acquired) {
        refused = answer
        sought.uncertain = false
        sought.inLine = answer.ahead !== null
      } else {
        if (sought.uncertain || sought.pending > 0) tenure.mayBeCutTo(want.ttlMs)
        if (!acquisition.stopped && tenure.grant(answer, sentAt, sentAtWall)) {
          turns.forget(tenure.claim.owner)
          return { tenure, fence: answer.fence, attempts }
        }
        // Not wanted any more, or too late to be of use. What is given back is never asked for again.
        sought.uncertain = true
        sought.letGo()
        sought = new Sought(engine, want)
      }
      if (acquisition.stopped) throw acquisition.reason
      if (refused !== undefined) tellContended(engine, want, attempts, refused)
      if (attempts >= want.maxAttempts || clock.now() >= want.until || failure?.retryable === false) {
        return giveUp(sought, failure)
      }
      acquisition.announce()

      previousMs = delayAfter(want.backoff ?? pollWithJitter, attempts, previousMs)
      await sought.sleep(
        Math.min(clock.now() + pauseMs(engine, want, sought, refused, previousMs), want.until),
        acquisition,
      )
      if (acquisition.stopped) throw acquisition.reason
      const fence = refused && sought.takeTurn(want, sentAt, sentAtWall)
      if (fence !== undefined) return { tenure: sought.tenure, fence, attempts }
      if (clock.now() >= want.until) return giveUp(sought, failure)
    }
  } catch (error) {
    sought.letGo()
    throw error
  }
}

function giveUp(sought: Sought, failure: Failure | undefined): 'busy' {
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
  return 'busy'
}

/** How long to wait before asking again: not beyond the end of the present lease, nor until the place is lost. */
function pauseMs(engine: Engine, want: Want, sought: Sought, refused: Refused | undefined, backoffMs: number): number {
  const watched = sought.inLine && engine.backend.capabilities.watch
  if (watched && !sought.listening) {
    // The first in this locker to wait. It is woken when the watch stands, to ask again with somewhere to be told.
    engine.turns.expect(sought.tenure.claim.owner, sought)
    engine.turns.start()
    if (engine.turns.ready()) return 0
  }
  // With hints there is no need to ask, except by the caller's own policy.
  const hinted = watched && sought.listening && refused !== undefined && want.backoff === undefined
  const poll = sought.inLine ? POLL_MS : Infinity
  return Math.max(1, Math.min(hinted ? Infinity : backoffMs, refused?.retryAfterMs ?? Infinity, poll))
}

function delayAfter(backoff: Backoff, attempts: number, previousMs: number): number {
  const delayMs = backoff({ attempt: attempts, previousMs, random: randomFraction() })
  if (Number.isFinite(delayMs) && delayMs >= 0) return delayMs
  throw new RangeError(
    `the backoff answered ${String(delayMs)}: it must answer a finite number of milliseconds, not negative`,
  )
}

function tellContended({ observer }: Engine, { name, mode }: Want, attempts: number, { retryAfterMs }: Refused): void {
  tell(observer, 'contended', () => ({ name, mode, attempt: attempts, retryAfterMs }))
}
