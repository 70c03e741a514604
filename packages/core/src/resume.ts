import type { Engine } from './engine.js'
import { isLockError, LockError } from './errors.js'
import { HeldLease } from './held-lease.js'
import { quote } from './quote.js'
import type { Term } from './term.js'
import { Tenure } from './tenure.js'
import type { Ticket } from './ticket.js'

/** Continues what another process held, once the store says that it is still ours. */
export async function resume(
  engine: Engine,
  tickets: readonly Ticket[],
  termFor: (ttlMs: number) => Term,
): Promise<HeldLease> {
  for (const { claim } of tickets) {
    if (!engine.held.has(claim.owner)) continue
    throw new LockError(
      'LOCK_LOST',
      `the ticket for ${quote(claim.name)} was used already, and what it continues is held`,
    )
  }
  const tenures = tickets.map((ticket) => {
    const tenure = new Tenure(engine, ticket.claim, termFor(ticket.claim.ttlMs))
    tenure.resume(ticket)
    return tenure
  })
  const [first] = tenures as [Tenure]
  const fences = new Map(tickets.map(({ claim, fence }) => [claim.name, fence]))
  const one = tenures.length === 1
  const lease = new HeldLease(
    one ? first : tenures,
    one ? (tickets[0]?.fence ?? null) : fences,
    first.grantedAt,
    first.claim.mode,
  )
  for (const tenure of tenures) tenure.holder = lease
  try {
    await lease.extend()
    return lease
  } catch (error) {
    // Of several names the rest is nobody's any more; after an unknown outcome the ticket can be used again.
    if (isLockError(error, 'LOCK_LOST')) await Promise.all(tenures.map((tenure) => tenure.release()))
    for (const tenure of tenures) tenure.leave()
    throw error
  }
}
