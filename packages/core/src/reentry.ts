import type { LockMode } from './backend.js'
import type { LockContext } from './context.js'
import type { Engine } from './engine.js'
import { enter } from './entries.js'
import { LockError } from './errors.js'
import { HeldLease } from './held-lease.js'
import type { Lease } from './lease.js'
import { tell } from './observer.js'
import type { Settings } from './options.js'
import { quote } from './quote.js'
import type { Tenure } from './tenure.js'

/** What is held already under a name, if it is to be entered instead of acquired. */
export type Entrance = (name: string) => Reentry | undefined

export interface Reentry {
  readonly tenure: Tenure
  readonly fence: number | null
}

/** What may be entered by a call with these settings. */
export function entrances(engine: Engine, { mode, within }: Settings, context: LockContext | undefined): Entrance {
  if (within !== undefined) return (name) => entranceTo(engine, name, mode, [within])
  const leases = context?.current().filter(isHeldOrLost) ?? []
  return (name) => {
    const entrance = entranceTo(engine, name, mode, leases)
    if (entrance === undefined || context?.nested !== 'refuse') return entrance
    throw new LockError('LOCK_UNSUPPORTED', `${quote(name)} is held already by what this is nested in`)
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
function entranceTo(engine: Engine, name: string, mode: LockMode, leases: readonly Lease[]): Reentry | undefined {
  for (const lease of leases) {
    const tenure = HeldLease.tenuresOf(lease)?.find(({ claim, engine: its }) => its === engine && claim.name === name)
    if (tenure === undefined) continue
    lease.assertHeld()
    if (mode === 'exclusive' && tenure.holder?.mode === 'shared') {
      const message = `${quote(name)} is held shared and cannot be made exclusive: release it, then acquire it`
      throw new LockError('LOCK_UNSUPPORTED', message)
    }
    return { tenure, fence: lease.fences.get(name) ?? null }
  }
  return undefined
}

/** One more handle on what is held. */
export function reenter({ tenure, fence }: Reentry, { mode, term }: Settings): HeldLease {
  const { engine, claim } = tenure
  const now = engine.clock.now()
  const lease = new HeldLease(tenure, fence, now, mode)
  enter(tenure, lease)
  stayTaken(tenure, term.minHoldMs)
  tell(engine.observer, 'acquired', () => ({ name: claim.name, mode, waitedMs: 0, attempts: 0, fence }))
  return lease
}

/** The name stays taken for so long from now, though released earlier. */
export function stayTaken(tenure: Tenure, minHoldMs: number): void {
  if (minHoldMs === 0) return
  tenure.keepUntil = Math.max(tenure.keepUntil ?? 0, tenure.engine.clock.now() + minHoldMs)
}
