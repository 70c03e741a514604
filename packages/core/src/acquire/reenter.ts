import type { LockMode } from '../backend.js'
import type { Engine } from '../engine/engine.js'
import { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import { LeaseHandle } from '../handle/lease-handle.js'
import { addHolder } from '../handle/release.js'
import type { Hold } from '../hold/hold.js'
import type { Lease } from '../lease.js'
import { surrounds } from '../options/context.js'
import type { AcquireSettings } from '../options/settings.js'

/** Finds the hold on a name that is to be re-entered instead of acquired, if there is one. */
export type ReentryLookup = (name: string) => Reentry | undefined

export interface Reentry {
  readonly hold: Hold
  readonly fence: number | null
}

/** Finds the holds that a call with these settings may re-enter. */
export function reentryLookup(engine: Engine, { mode, within }: AcquireSettings): ReentryLookup {
  const { context } = engine
  const leases = context?.current().filter(surrounds) ?? []
  return (name) => {
    const given = within && findReentry(engine, name, mode, [within])
    if (given !== undefined) return given
    const reentry = findReentry(engine, name, mode, leases)
    if (reentry === undefined || context?.nested !== 'refuse') return reentry
    throw new LockError(
      'LOCK_UNSUPPORTED',
      `${quoteName(name)} is held already by the request that this call is nested in`,
    )
  }
}

/**
 * Finds the hold on the name that belongs to one of `leases`, if this locker may re-enter it in this mode.
 *
 * @throws `LOCK_LOST` when the lease that should protect the call was lost; `LOCK_UNSUPPORTED` when a reader asks to
 * write: two that did would wait for each other for ever.
 */
function findReentry(engine: Engine, name: string, mode: LockMode, leases: readonly Lease[]): Reentry | undefined {
  for (const lease of leases) {
    const hold = LeaseHandle.holdsOf(lease)?.find(({ claim, host }) => host === engine && claim.name === name)
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

/** Whether a hold that is re-entered is one of this lease. */
export function isOf(lease: Lease, { hold }: Reentry): boolean {
  return LeaseHandle.holdsOf(lease)?.includes(hold) === true
}

/** Makes one more handle on a hold. */
export function reenter({ hold, fence }: Reentry, { mode, terms, isPart, observed }: AcquireSettings): LeaseHandle {
  const lease = new LeaseHandle(hold, fence, hold.host.clock.now(), mode)
  addHolder(hold, lease)
  hold.holdAtLeast(terms.minHoldMs)
  if (!isPart) lease.announce(observed)
  return lease
}
