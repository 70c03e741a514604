import { downgradeToShared } from '../hold/downgrade.js'
import { HolderSet, type Holder } from '../hold/holders.js'
import type { ReleaseResult } from '../lease.js'
import type { Hold } from '../hold/hold.js'

/** Lets one more hold what is held already. */
export function addHolder(hold: Hold, holder: Holder): void {
  const { holder: present } = hold
  if (present instanceof HolderSet) present.add(holder)
  else hold.holder = present === undefined ? holder : new HolderSet([present, holder])
}

/** What one holds together with a name that was lost is not kept for it any more. */
export function detachHolder(hold: Hold, holder: Holder): void {
  const { holder: present } = hold
  if (present === holder) return hold.stopRenewing()
  if (!(present instanceof HolderSet) || !present.has(holder)) return
  present.detach(holder)
  // The others have left already.
  if (!present.inUse) hold.stopRenewing()
}

/**
 * One holder gives up. While others hold the same hold it goes on for them, as a shared one once the last writer has
 * left; else it passes to the next who waits in this process, or goes back to the store.
 */
export function releaseHolder(hold: Hold, holder: Holder): Promise<ReleaseResult> {
  const { engine, holder: present } = hold
  const holds = present instanceof HolderSet ? present.has(holder) : present === holder
  // It may have left already, and the hold have passed to somebody else since.
  if (!holds || hold.state !== 'held') return Promise.resolve('expired')
  if (present instanceof HolderSet) {
    present.delete(holder)
    if (present.inUse) {
      const { mode, sole: only } = present
      if (only !== undefined) hold.holder = only
      return mode === 'exclusive' || hold.claim.mode === 'shared'
        ? Promise.resolve('released')
        : downgradeToShared(hold)
    }
  }
  const passing = engine.queues.handOver(hold)
  if (typeof passing === 'boolean') return passing ? Promise.resolve('released') : hold.release()
  return passing.then((passed) => {
    // It may have ended while fences were reserved for the next holder.
    if (passed) return 'released'
    return hold.isHeld() ? hold.release() : 'expired'
  })
}
