import type { Engine } from '../engine/engine.js'
import { isLockError, LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import { noteEarlier } from '../hold/deadline.js'
import { Hold, readClocks } from '../hold/hold.js'
import { isObserved, newRecord } from '../observer/observed-call.js'
import type { HoldTerms } from '../options/options.js'
import { extendLease } from './extend.js'
import { LeaseHandle } from './lease-handle.js'
import type { TicketEntry } from './ticket.js'

/** Continues a lease of another process, once the store has confirmed that it still is ours. */
export async function resume(
  engine: Engine,
  entries: readonly TicketEntry[],
  termsFor: (ttlMs: number) => HoldTerms,
): Promise<LeaseHandle> {
  for (const { claim } of entries) {
    if (![...engine.names.holdsOf(claim.name)].some((hold) => hold.claim.owner === claim.owner)) continue
    const used = `the ticket for ${quoteName(claim.name)} was used already, and its lease is held`
    throw new LockError('LOCK_LOST', used)
  }
  const holds = entries.map((entry) => continueHold(engine, entry, termsFor(entry.claim.ttlMs)))
  const lease = leaseOn(holds, entries)
  // From the beginning, so that no loss between two steps goes unnoticed.
  for (const hold of holds) hold.holder = lease
  try {
    await confirm(lease, holds)
    // A loss may have come after the answer of the store.
    if (!lease.held) throw lease.notHeldError()
  } catch (error) {
    // When one name is lost, the others are of no use. After an unknown outcome the ticket can be used again.
    const atStore = isLockError(error, 'LOCK_LOST') ? 'release' : 'leave'
    await Promise.all(holds.map((hold) => hold.end({ atStore })))
    throw error
  }
  if (isObserved(engine)) lease.announceResumed(newRecord(lease))
  return lease
}

function leaseOn(holds: readonly Hold[], entries: readonly TicketEntry[]): LeaseHandle {
  const [first] = holds as [Hold]
  const { grantedAt, claim } = first
  const fences = new Map(entries.map((entry) => [entry.claim.name, entry.fence]))
  return holds.length === 1
    ? new LeaseHandle(first, entries[0]?.fence ?? null, grantedAt, claim.mode)
    : new LeaseHandle(holds, fences, grantedAt, claim.mode)
}

/** Asks the store whether all holds still are ours. No observer knows of the lease yet. */
function confirm(lease: LeaseHandle, holds: readonly Hold[]): Promise<void> {
  const [{ host, terms }] = holds as readonly [Hold]
  const until = host.clock.now() + terms.timeoutMs
  return extendLease(lease, holds, { budget: { until, signal: undefined } })
}

/** Makes a hold of a ticket. The first extension shows whether the store still has the lease. */
function continueHold(engine: Engine, { claim, maxValidMs, minHoldMs }: TicketEntry, terms: HoldTerms): Hold {
  const now = readClocks(engine)
  const hold = new Hold(engine, claim, { terms, now })
  // The ticket may have been tried before, anywhere, by an extension to the same ttl that has no answer yet.
  noteEarlier(hold, now, Math.min(maxValidMs ?? Infinity, claim.ttlMs))
  // Its owner is in the ticket: presented again, the ticket would continue, or free, the lease of a next holder.
  hold.handOvers = Infinity
  hold.holdAtLeast(minHoldMs)
  hold.begin({ sentAt: now, validMs: claim.ttlMs, now })
  engine.names.add(hold)
  return hold
}
