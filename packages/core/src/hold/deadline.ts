// When a hold ends by the local clocks. The store counts a lease from the moment at which it executes a command, which
// is not known here; the moment before the command was sent is, and is never later. A deadline counts from there.

/** The store may run this much faster than this process before it expires a lease that is believed to be held. */
export function driftMarginMs(ttlMs: number): number {
  return Math.max(ttlMs * 0.01, 2)
}

/** A reading of both clocks. */
export interface Reading {
  /** Monotonic. */
  readonly now: number
  /** By the wall clock, since the engine was made: small whole numbers take no memory of their own. */
  readonly wall: number
}

/** An extension that was sent and has no certain answer: the store may set the lease to its ttl, at any time. */
export interface Unresolved {
  readonly sentAt: Reading
  readonly ttlMs: number
  /** How much its answer is worth: the least ttl of it and of all that were unresolved with it, of which any may be last. */
  capMs: number
  /** Whether it stands for all that will never be answered, with the shortest ttl of them and the time of the first. */
  readonly isMerged?: boolean
}

/** How long a lease is valid. A hold is one itself, so that no hold needs an object more. */
export interface Validity {
  /** Where the last certain answer ends the lease, by the monotonic and by the wall clock. */
  deadline: number
  wallDeadline: number
  /** The time that this answer granted, from the moment when its command was sent; and the same less the margin. */
  validMs: number
  spanMs: number
  /** Extensions without a certain answer. None, most of the time. */
  unresolved: Unresolved[] | undefined
}

/**
 * Sets the deadline by a certain answer to a command that was sent at `sentAt`.
 * @param askedMs the ttl that the command asked for, which the margin is a share of.
 */
export function validFrom(validity: Validity, sentAt: Reading, validMs: number, askedMs: number): void {
  const spanMs = validMs - driftMarginMs(askedMs)
  validity.validMs = validMs
  validity.spanMs = spanMs
  validity.deadline = Math.floor(sentAt.now) + spanMs
  validity.wallDeadline = Math.floor(sentAt.wall) + spanMs
}

/** Milliseconds left at a moment by either clock; negative when past. */
export function remainingAt(validity: Validity, { now, wall }: Reading): number {
  let left = Math.min(validity.deadline - now, validity.wallDeadline - wall)
  if (validity.unresolved === undefined) return left
  for (const each of validity.unresolved) {
    const end = endIfExecuted(validity, each)
    left = Math.min(left, end.now - now, end.wall - wall)
  }
  return left
}

/** How much time the lease may have at the store, at a moment: with the commands that have not been answered yet. */
export function longestPossibleMs(validity: Validity, reading: Reading): number {
  let longest = remainingAt(validity, reading)
  for (const { sentAt, ttlMs, isMerged } of validity.unresolved ?? [])
    if (isMerged !== true) longest = Math.max(longest, sentAt.now + ttlMs - reading.now)
  return longest
}

/** The shortest time to which an unresolved command may yet set the lease. */
export function shortestPossibleMs({ unresolved }: Validity): number {
  return unresolved === undefined ? Infinity : Math.min(...unresolved.map(({ ttlMs }) => ttlMs))
}

/** When the last command that was answered had been sent. */
export const answeredAt = ({ deadline, wallDeadline, spanMs }: Validity): Reading => ({
  now: Math.round(deadline - spanMs),
  wall: Math.round(wallDeadline - spanMs),
})

/**
 * Where the lease ends if the store executes the unresolved command last: its ttl, counted from the later of two moments,
 * when it was sent and when the last answered command was sent. Executed before that one, it is of no effect.
 */
function endIfExecuted(validity: Validity, { sentAt, ttlMs }: Unresolved): Reading {
  const spanMs = ttlMs - driftMarginMs(ttlMs)
  const { now, wall } = answeredAt(validity)
  return {
    now: Math.max(Math.floor(sentAt.now), now) + spanMs,
    wall: Math.max(Math.floor(sentAt.wall), wall) + spanMs,
  }
}

/** How many commands without an answer have an entry each. The first of more have waited for so long that no answer is expected. */
const MOST_APART = 8

/** Notes that an extension to `ttlMs` is sent. */
export function noteSent(validity: Validity, sentAt: Reading, ttlMs: number): Unresolved {
  const { unresolved } = validity
  const first = unresolved !== undefined && unresolved.length > MOST_APART && unresolved.find(isApart)
  if (first) noteNeverAnswered(validity, first)
  const others = validity.unresolved ?? []
  const sent: Unresolved = { sentAt, ttlMs, capMs: Math.min(ttlMs, shortestPossibleMs(validity)) }
  for (const other of others) other.capMs = Math.min(other.capMs, ttlMs)
  validity.unresolved = others.length === 0 ? [sent] : [...others, sent]
  return sent
}

/** Notes that it is certain now whether the command was executed. False when that had been certain before. */
export function noteResolved(validity: Validity, resolved: Unresolved): boolean {
  const { unresolved } = validity
  if (unresolved?.includes(resolved) !== true) return false
  validity.unresolved = unresolved.length === 1 ? undefined : unresolved.filter((each) => each !== resolved)
  return true
}

/**
 * Takes the answer that the lease is valid for `validMs` from when the command was sent. An answer to an older command
 * than the last one that was answered does not lengthen the lease, and shortens it if it may have been executed last.
 */
export function noteExtended(validity: Validity, extended: Unresolved, validMs: number): void {
  if (!noteResolved(validity, extended)) return
  const asked = Math.min(extended.ttlMs, extended.capMs)
  const valid = Math.min(validMs, asked)
  const last = answeredAt(validity)
  if (Math.floor(extended.sentAt.now) >= last.now) validFrom(validity, extended.sentAt, valid, asked)
  else if (valid < validity.validMs) validFrom(validity, last, valid, asked)
}

/**
 * Notes that the command will never be answered. All such commands of a hold are one entry, so that a store which fails
 * for hours does not leave thousands.
 */
export function noteNeverAnswered(validity: Validity, sent: Unresolved): void {
  if (!noteResolved(validity, sent)) return
  const others = validity.unresolved ?? []
  const merged = others.find(({ isMerged }) => isMerged)
  const ttlMs = Math.min(sent.ttlMs, merged?.ttlMs ?? Infinity)
  // The order in which they fail is not the order in which they were sent.
  const sentAt = earlier(sent.sentAt, merged?.sentAt ?? sent.sentAt)
  const entry = { sentAt, ttlMs, capMs: ttlMs, isMerged: true }
  validity.unresolved = [...others.filter((each) => each !== merged), entry]
}

const earlier = (a: Reading, b: Reading): Reading => ({ now: Math.min(a.now, b.now), wall: Math.min(a.wall, b.wall) })

const isApart = ({ isMerged }: Unresolved): boolean => isMerged !== true

/** Notes commands of an earlier process that may yet set the lease to `ttlMs`. */
export function noteEarlier(validity: Validity, sentAt: Reading, ttlMs: number): void {
  validity.unresolved = [...(validity.unresolved ?? []), { sentAt, ttlMs, capMs: ttlMs, isMerged: true }]
}
