import type { LockMode } from '../backend.js'
import type { LockContext } from '../context.js'
import type { Engine } from '../engine/engine.js'
import { addHolder } from '../handle/release.js'
import { LockError } from '../errors/errors.js'
import { LeaseHandle } from '../handle/lease-handle.js'
import type { Lease } from '../lease.js'
import { emit } from '../observer.js'
import type { AcquireSettings } from '../options/settings.js'
import { quoteName } from '../errors/messages.js'
import { keepTaken, type Hold } from '../hold/hold.js'

/** What is held already under a name, if it is to be entered instead of acquired. */
export type ReentryLookup = (name: string) => Reentry | undefined

export interface Reentry {
  readonly hold: Hold
  readonly fence: number | null
}

/** What may be entered by a call with these settings. */
export function reentryLookup(
  engine: Engine,
  { mode, within }: AcquireSettings,
  context: LockContext | undefined,
): ReentryLookup {
  if (within !== undefined) return (name) => findReentry(engine, name, mode, [within])
  const leases = context?.current().filter(isHeldOrLost) ?? []
  return (name) => {
    const lookup = findReentry(engine, name, mode, leases)
    if (lookup === undefined || context?.nested !== 'refuse') return lookup
    throw new LockError('LOCK_UNSUPPORTED', `${quoteName(name)} is held already by what this is nested in`)
  }
}

/** What is done after a release is not nested in it any more; what is done after a loss must not go on. */
const isHeldOrLost = (lease: Lease): boolean => lease.held || lease.signal.aborted

/**
 * What one of `leases` holds under the name in this locker, if it may be entered in this mode.
 *
 * @throws `LOCK_LOST` when the lease that should protect what is done within it was lost; `LOCK_UNSUPPORTED` when a
 * reader asks to write: two who did would wait for each other for ever.
 */
function findReentry(engine: Engine, name: string, mode: LockMode, leases: readonly Lease[]): Reentry | undefined {
  for (const lease of leases) {
    const hold = LeaseHandle.holdsOf(lease)?.find(({ claim, engine: its }) => its === engine && claim.name === name)
    if (hold === undefined) continue
    lease.assertHeld()
    if (mode === 'exclusive' && hold.holder?.mode === 'shared') {
      const message = `${quoteName(name)} is held shared and cannot be made exclusive: release it, then acquire it`
      throw new LockError('LOCK_UNSUPPORTED', message)
    }
    return { hold, fence: lease.fences.get(name) ?? null }
  }
  return undefined
}

/** One more handle on what is held. */
export function reenter({ hold, fence }: Reentry, { mode, term }: AcquireSettings): LeaseHandle {
  const { engine, claim } = hold
  const now = engine.clock.now()
  const lease = new LeaseHandle(hold, fence, now, mode)
  addHolder(hold, lease)
  keepTaken(hold, term.minHoldMs)
  emit(engine.observer, 'acquired', () => ({ name: claim.name, mode, waitedMs: 0, attempts: 0, fence }))
  return lease
}
