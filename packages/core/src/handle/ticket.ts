import type { Claim } from '../backend.js'
import { checkName, checkTtl, MAX_TTL_MS } from '../options/validation.js'
import type { Clock } from '../clock.js'
import { shortestPossibleMs, type Validity } from '../hold/deadline.js'

/** A hold, as far as its ticket needs to know it. */
export interface Ticketed extends Validity {
  readonly claim: Claim
  readonly minHoldUntil: number | undefined
  readonly host: { readonly clock: Clock }
}

/** The part of a ticket for one name: the claim to continue, its fence, and its terms. */
export interface TicketEntry {
  readonly claim: Claim
  readonly fence: number | null
  /** The shortest time to which a command without a certain answer may yet set the lease. */
  readonly maxValidMs: number | null
  /** How long the name is to stay taken at least, from when the ticket was made. */
  readonly minHoldMs: number
}

const VERSION = 'holdfast1'
/** Not a character of a piece. */
const BETWEEN = '.'

/**
 * The holds as an opaque text, a piece for each name. The text contains the owners: with it a process can continue,
 * extend and release the lease.
 */
export function encodeTicket(holds: readonly Ticketed[], fences: ReadonlyMap<string, number | null>): string {
  const pieces = holds.map((hold) => piece(hold, fences.get(hold.claim.name) ?? null))
  // The number of pieces stands first, so that a ticket which was cut short is not valid for fewer names.
  return [VERSION, ...(pieces.length === 1 ? [] : [pieces.length]), ...pieces].join(BETWEEN)
}

/** @throws TypeError for anything that {@link encodeTicket} did not write. */
export function decodeTicket(ticket: unknown): readonly TicketEntry[] {
  try {
    const [version, first = '', ...rest] = typeof ticket === 'string' ? ticket.split(BETWEEN) : []
    if (version !== VERSION || rest.length !== Number(/^\d+$/.exec(first) ?? 0)) throw new TypeError('no ticket')
    return (rest.length === 0 ? [first] : rest).map(readPiece)
  } catch {
    // A ticket is secret, so the message does not show it.
    throw new TypeError('resume needs a ticket made by lease.ticket()')
  }
}

function piece(hold: Ticketed, fence: number | null): string {
  const { claim, minHoldUntil, host } = hold
  const { name, owner, ttlMs, mode, limit } = claim
  // A duration, because the clocks of two machines need not agree. The time until it is resumed counts twice.
  const minHoldMs = Math.max(0, Math.ceil((minHoldUntil ?? -Infinity) - host.clock.now()))
  const fields = [name, owner, ttlMs, mode, finite(limit), fence, finite(shortestPossibleMs(hold)), minHoldMs]
  return btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(fields))))
}

/** JSON has no infinity. */
const finite = (value: number): number | null => (value === Infinity ? null : value)

function readPiece(text: string): TicketEntry {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  const fields = JSON.parse(new TextDecoder().decode(bytes)) as unknown[]
  const [name, owner, ttlMs, mode, limit, fence, maxValidMs, minHoldMs] = fields
  checkName(name)
  checkTtl(ttlMs)
  const isClaim = typeof owner === 'string' && (mode === 'exclusive' || mode === 'shared')
  const isLease = isNumberOrNull(limit) && isNumberOrNull(fence)
  const isSpan = typeof minHoldMs === 'number' && minHoldMs >= 0 && minHoldMs <= MAX_TTL_MS
  if (!isClaim || !isLease || !isSpan || !isNumberOrNull(maxValidMs)) throw new TypeError('no ticket')
  return { claim: { name, owner, ttlMs, mode, limit: limit ?? Infinity }, fence, maxValidMs, minHoldMs }
}

const isNumberOrNull = (value: unknown): value is number | null => value === null || typeof value === 'number'
