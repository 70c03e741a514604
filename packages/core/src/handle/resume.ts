import type { Engine } from '../engine/engine.js'
import { isLockError, LockError } from '../errors/errors.js'
import { LeaseHandle } from './lease-handle.js'
import { quoteName } from '../errors/messages.js'
import type { HoldTerms } from '../options/options.js'
import { Hold } from '../hold/hold.js'
import type { TicketEntry } from './ticket.js'

/** Continues what another process held, once the store says that it is still ours. */
export async function resume(
  engine: Engine,
  tickets: readonly TicketEntry[],
  termFor: (ttlMs: number) => HoldTerms,
): Promise<LeaseHandle> {
  for (const { claim } of tickets) {
    if (!engine.holds.has(claim.owner)) continue
    throw new LockError(
      'LOCK_LOST',
      `the ticket for ${quoteName(claim.name)} was used already, and what it continues is held`,
    )
  }
  const holds = tickets.map((ticket) => {
    const hold = new Hold(engine, ticket.claim, termFor(ticket.claim.ttlMs))
    hold.continueFrom(ticket)
    return hold
  })
  const [first] = holds as [Hold]
  const fences = new Map(tickets.map(({ claim, fence }) => [claim.name, fence]))
  const one = holds.length === 1
  const lease = new LeaseHandle(
    one ? first : holds,
    one ? (tickets[0]?.fence ?? null) : fences,
    first.grantedAt,
    first.claim.mode,
  )
  for (const hold of holds) hold.holder = lease
  try {
    await lease.extend()
    return lease
  } catch (error) {
    // Of several names the rest is nobody's any more; after an unknown outcome the ticket can be used again.
    if (isLockError(error, 'LOCK_LOST')) await Promise.all(holds.map((hold) => hold.release()))
    for (const hold of holds) hold.leave()
    throw error
  }
}
