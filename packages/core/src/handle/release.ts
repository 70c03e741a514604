import { downgradeToShared } from '../hold/downgrade.js'
import type { Hold } from '../hold/hold.js'
import { type Holder, HolderSet } from '../hold/holders.js'
import type { ReleaseResult } from '../lease.js'

/** Adds one more holder to a hold. */
export function addHolder(hold: Hold, holder: Holder): void {
  const { holder: present } = hold
  if (present instanceof HolderSet) present.add(holder)
  else hold.holder = present === undefined ? holder : new HolderSet([present, holder])
}

/** The holder has lost another name of its lease: this one is not renewed for it, and stays for the time that is left. */
export function detachHolder(hold: Hold, holder: Holder): void {
  const { holder: present } = hold
  if (present === holder) return hold.stopRenewing()
  if (!(present instanceof HolderSet) || !present.has(holder)) return
  present.detach(holder, hold.host.clock.now() + hold.remainingMs())
  if (!present.inUse) hold.stopRenewing()
}

/**
 * A holder releases its hold:
 *
 * - others hold it too: it goes on for them, as a shared hold once the last exclusive holder has left;
 * - a waiter of this process wants it on the same terms: it is handed over;
 * - else it is released at the store.
 */
export function releaseHolder(hold: Hold, holder: Holder): Promise<ReleaseResult> {
  const { host, holder: present } = hold
  const isHolder = present instanceof HolderSet ? present.has(holder) : present === holder
  // The holder has left already, and the hold has passed to another one since.
  if (!isHolder || hold.ended !== undefined) return Promise.resolve('expired')
  if (present instanceof HolderSet) {
    present.delete(holder)
    if (present.isKeptAt(host.clock.now())) {
      const { mode, sole, inUse } = present
      if (sole !== undefined) hold.holder = sole
      if (!inUse) hold.stopRenewing()
      const staysAsItIs = mode === 'exclusive' || hold.claim.mode === 'shared'
      return staysAsItIs ? Promise.resolve('released') : downgradeToShared(hold)
    }
  }
  const handedOver = host.names.handOver(hold)
  if (typeof handedOver === 'boolean') return handedOver ? Promise.resolve('released') : release(hold)
  return handedOver.then((done) => (done ? 'released' : release(hold)))
}

/** If it has ended meanwhile, by close() or at its deadline, the answer is how that went. */
const release = (hold: Hold): Promise<ReleaseResult> => hold.end({ atStore: 'release' })

/** A holder of several names releases all of them. */
export function releaseHolders(holds: readonly Hold[], holder: Holder): Promise<ReleaseResult> {
  return Promise.all(holds.map((hold) => releaseHolder(hold, holder))).then(together)
}

/** How the release of several names ended. */
function together(results: readonly ReleaseResult[]): ReleaseResult {
  if (results.includes('unknown')) return 'unknown'
  return results.includes('expired') ? 'expired' : 'released'
}
