import { systemClock } from '../clock.js'
import { randomFraction } from '../owner-token.js'

/** Why there is no connection for hints, and when the next attempt may be made. */
export interface Failure {
  readonly error: unknown
  /** Attempts in a row that came to nothing. */
  readonly count: number
  /** How many of the last of them the server refused for want of a permission. */
  readonly refusals: number
  /** How many of the last of them took too long. */
  readonly timeouts: number
  /** On the monotonic clock. */
  readonly notBefore: number
}

/** After a cut: hints are back in well under two seconds, and a server that restarts is not flooded with attempts. */
const [MIN_MS, MAX_MS] = [50, 1_000]
/** After a refusal: each attempt is a login in the log of the server. */
const [MIN_REFUSED_MS, MAX_REFUSED_MS] = [2_000, 60_000]
/** Refusals in a row after which no attempt is made of its own accord. */
const REFUSALS = 5
/** A connection that ended sooner counts as one more failure, so that one that is cut at once is not made in a loop. */
const STEADY_MS = 5_000
/** How long an attempt may take. More after those that took too long: the network may be slow rather than silent. */
const [READY_MS, MAX_FACTOR] = [5_000, 4]

export function failed(error: unknown, isRefusal: boolean, before: Failure | undefined): Failure {
  const count = (before?.count ?? 0) + 1
  const refusals = isRefusal ? (before?.refusals ?? 0) + 1 : 0
  const timeouts = error instanceof NotReadyInTime ? (before?.timeouts ?? 0) + 1 : 0
  const ms = isRefusal
    ? Math.min(MIN_REFUSED_MS * 2 ** (refusals - 1), MAX_REFUSED_MS) * (1 + randomFraction() / 4)
    : Math.min(MIN_MS * 2 ** (count - 1), MAX_MS) * (1 - randomFraction() / 2)
  return { error, count, refusals, timeouts, notBefore: systemClock.now() + ms }
}

/** Whether it would be in vain to try again before anything has changed. */
export const isRefusedForGood = ({ refusals }: Failure): boolean => refusals >= REFUSALS

/** How many of the earlier failures count after a connection stood since `since`. */
export const afterStanding = (since: number, before: Failure | undefined): Failure | undefined =>
  systemClock.now() - since < STEADY_MS ? before : undefined

export const readyWithinMs = (before: Failure | undefined): number =>
  READY_MS * Math.min(1 + (before?.timeouts ?? 0), MAX_FACTOR)

export class NotReadyInTime extends Error {
  override readonly message: string = 'the connection for notifications was not ready in time'
}
