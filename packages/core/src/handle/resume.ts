import type { Engine } from '../engine/engine.js'
import { isLockError, LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import { noteCap } from '../hold/deadline.js'
import { Hold, readClocks } from '../hold/hold.js'
import type { HoldTerms } from '../options/options.js'
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
  const [first] = holds as [Hold]
  const fences = new Map(entries.map(({ claim, fence }) => [claim.name, fence]))
  const lease =
    holds.length === 1
      ? new LeaseHandle(first, entries[0]?.fence ?? null, first.grantedAt, first.claim.mode)
      : new LeaseHandle(holds, fences, first.grantedAt, first.claim.mode)
  for (const hold of holds) hold.holder = lease
  try {
    await lease.extend()
    return lease
  } catch (error) {
    // When one name is lost, the others are of no use. After an unknown outcome the ticket can be used again.
    const atStore = isLockError(error, 'LOCK_LOST') ? 'release' : 'continue'
    await Promise.all(holds.map((hold) => hold.end({ atStore })))
    throw error
  }
}

/** Holds what another process was granted, until the first extension says whether it still is ours. */
function continueHold(engine: Engine, { claim, maxValidMs, takenUntilWall }: TicketEntry, terms: HoldTerms): Hold {
  const hold = new Hold(engine, claim, terms)
  const { clock } = engine
  const now = readClocks(engine)
  if (maxValidMs !== null) noteCap(hold, now, maxValidMs)
  if (takenUntilWall !== null) hold.takenUntil = now.now + takenUntilWall - clock.wallNow()
  hold.begin(now, claim.ttlMs)
  engine.names.add(hold)
  return hold
}
