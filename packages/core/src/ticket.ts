import type { Claim } from './backend.js'
import { checkName, checkTtl } from './checks.js'
import type { Tenure } from './tenure.js'

/** What a ticket carries: the claim to continue, its fence, and what else binds it. */
export interface Ticket {
  readonly claim: Claim
  readonly fence: number | null
  /** No lease counts as longer than this, for a command left unresolved may cut it. */
  readonly longestMs: number | null
  /** Where the name may be free again at the earliest, on the wall clock. */
  readonly keepUntilWall: number | null
}

const VERSION = 'holdfast1.'

/** The claim as an opaque text. It holds the owner: whoever has it can continue, extend and release the lease. */
export function writeTicket({ claim, longestMs, keepUntil, engine }: Tenure, fence: number | null): string {
  const { name, owner, ttlMs, mode, limit } = claim
  const { clock } = engine
  const keepUntilWall = keepUntil === undefined ? null : Math.ceil(clock.wallNow() + keepUntil - clock.now())
  const fields = [name, owner, ttlMs, mode, limit === Infinity ? null : limit, fence, longestMs ?? null, keepUntilWall]
  const bytes = new TextEncoder().encode(JSON.stringify(fields))
  return VERSION + btoa(String.fromCharCode(...bytes))
}

/** @throws TypeError for anything that {@link writeTicket} did not write. */
export function readTicket(ticket: unknown): Ticket {
  try {
    if (typeof ticket !== 'string' || !ticket.startsWith(VERSION)) throw new TypeError('no ticket')
    const bytes = Uint8Array.from(atob(ticket.slice(VERSION.length)), (char) => char.charCodeAt(0))
    const fields = JSON.parse(new TextDecoder().decode(bytes)) as unknown[]
    const [name, owner, ttlMs, mode, limit, fence, longestMs, keepUntilWall] = fields
    checkName(name)
    checkTtl(ttlMs)
    if (typeof owner !== 'string' || (mode !== 'exclusive' && mode !== 'shared')) throw new TypeError('no claim')
    if (!isNumberOrNull(limit) || !isNumberOrNull(fence)) throw new TypeError('no claim')
    if (!isNumberOrNull(longestMs) || !isNumberOrNull(keepUntilWall)) throw new TypeError('no claim')
    return { claim: { name, owner, ttlMs, mode, limit: limit ?? Infinity }, fence, longestMs, keepUntilWall }
  } catch {
    // What it holds is secret, so that the message does not show it.
    throw new TypeError('resume needs a ticket made by lease.ticket()')
  }
}

const isNumberOrNull = (value: unknown): value is number | null => value === null || typeof value === 'number'
