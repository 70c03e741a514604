import type { Claim } from './backend.js'
import { checkName, checkTtl } from './checks.js'

/** What a ticket carries: the claim to continue, and its fence. */
export interface Ticket {
  readonly claim: Claim
  readonly fence: number | null
}

const VERSION = 'holdfast1.'

/** The claim as an opaque text. It holds the owner: whoever has it can continue, extend and release the lease. */
export function writeTicket({ name, owner, ttlMs, mode, limit }: Claim, fence: number | null): string {
  const fields = [name, owner, ttlMs, mode, limit === Infinity ? null : limit, fence]
  const bytes = new TextEncoder().encode(JSON.stringify(fields))
  return VERSION + btoa(String.fromCharCode(...bytes))
}

/** @throws TypeError for anything that {@link writeTicket} did not write. */
export function readTicket(ticket: unknown): Ticket {
  try {
    if (typeof ticket !== 'string' || !ticket.startsWith(VERSION)) throw new TypeError('no ticket')
    const bytes = Uint8Array.from(atob(ticket.slice(VERSION.length)), (char) => char.charCodeAt(0))
    const [name, owner, ttlMs, mode, limit, fence] = JSON.parse(new TextDecoder().decode(bytes)) as unknown[]
    checkName(name)
    checkTtl(ttlMs)
    if (typeof owner !== 'string' || (mode !== 'exclusive' && mode !== 'shared')) throw new TypeError('no claim')
    if ((typeof limit !== 'number' && limit !== null) || (typeof fence !== 'number' && fence !== null))
      throw new TypeError('no claim')
    return { claim: { name, owner, ttlMs, mode, limit: limit ?? Infinity }, fence }
  } catch {
    // What it holds is secret, so that the message does not show it.
    throw new TypeError('resume needs a ticket made by lease.ticket()')
  }
}
