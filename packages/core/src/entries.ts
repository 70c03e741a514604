import type { LockMode } from './backend.js'
import { downgrade } from './downgrade.js'
import type { LockError } from './errors.js'
import type { ReleaseResult } from './give-back.js'
import type { Tenure } from './tenure.js'

/** Who holds a tenure, and is told when it ends under them. */
export interface Holder {
  readonly mode: LockMode
  /** Whether it wants to be told at once. */
  readonly listening: boolean
  lost(reason: LockError): void
}

/** The holders of one tenure that was re-entered. */
class Entries implements Holder {
  readonly #holders: Set<Holder>
  /** Those who have lost it together with another name, and may still be at what it protects. */
  readonly #leaving = new Set<Holder>()

  constructor(holders: readonly Holder[]) {
    this.#holders = new Set(holders)
  }

  /** A reader's handle on what a writer holds does not end the writing. */
  get mode(): LockMode {
    const all = [...this.#holders, ...this.#leaving]
    return all.some(({ mode }) => mode === 'exclusive') ? 'exclusive' : 'shared'
  }

  get listening(): boolean {
    return [...this.#holders].some(({ listening }) => listening)
  }

  has(holder: Holder): boolean {
    return this.#holders.has(holder) || this.#leaving.has(holder)
  }

  add(holder: Holder): void {
    this.#holders.add(holder)
  }

  /** It does not keep the tenure any more, but whatever it does under it stays protected. */
  beLeaving(holder: Holder): void {
    if (this.#holders.delete(holder)) this.#leaving.add(holder)
  }

  delete(holder: Holder): void {
    this.#holders.delete(holder)
    this.#leaving.delete(holder)
  }

  /** Whether anybody goes on. */
  get inUse(): boolean {
    return this.#holders.size > 0
  }

  /** The only one there is. */
  get only(): Holder | undefined {
    const [only] = this.#holders
    return this.#holders.size === 1 && this.#leaving.size === 0 ? only : undefined
  }

  lost(reason: LockError): void {
    for (const holder of [...this.#holders]) holder.lost(reason)
  }
}

/** Lets one more hold what is held already. */
export function enter(tenure: Tenure, holder: Holder): void {
  const { holder: present } = tenure
  if (present instanceof Entries) present.add(holder)
  else tenure.holder = present === undefined ? holder : new Entries([present, holder])
}

/** What one holds together with a name that was lost is not kept for it any more. */
export function quit(tenure: Tenure, holder: Holder): void {
  const { holder: present } = tenure
  if (present === holder) return tenure.renewNoMore()
  if (!(present instanceof Entries) || !present.has(holder)) return
  present.beLeaving(holder)
  // The others have left already.
  if (!present.inUse) tenure.renewNoMore()
}

/**
 * One holder gives up. While others hold the same tenure it goes on for them, as a shared one once the last writer has
 * left; else it passes to the next who waits in this process, or goes back to the store.
 */
export function leave(tenure: Tenure, holder: Holder): Promise<ReleaseResult> {
  const { engine, holder: present } = tenure
  const holds = present instanceof Entries ? present.has(holder) : present === holder
  // It may have left already, and the tenure have passed to somebody else since.
  if (!holds || tenure.state !== 'held') return Promise.resolve('expired')
  if (present instanceof Entries) {
    present.delete(holder)
    if (present.inUse) {
      const { mode, only } = present
      if (only !== undefined) tenure.holder = only
      return mode === 'exclusive' || tenure.claim.mode === 'shared' ? Promise.resolve('released') : downgrade(tenure)
    }
  }
  const passing = engine.lines.passOn(tenure)
  if (typeof passing === 'boolean') return passing ? Promise.resolve('released') : tenure.release()
  return passing.then((passed) => {
    // It may have ended while fences were reserved for the next holder.
    if (passed) return 'released'
    return tenure.isHeld() ? tenure.release() : 'expired'
  })
}
