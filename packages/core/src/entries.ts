import type { LockMode } from './backend.js'
import { downgrade } from './downgrade.js'
import type { LockError } from './errors.js'
import type { ReleaseResult } from './give-back.js'
import type { Tenure } from './tenure.js'

/** Who holds a tenure, and is told when it ends under them. */
export interface Holder {
  readonly mode: LockMode
  readonly fences: ReadonlyMap<string, number | null>
  /** Whether it wants to be told at once. */
  readonly listening: boolean
  lost(reason: LockError): void
}

/** The holders of one tenure that was re-entered. */
class Entries implements Holder {
  readonly #holders: Set<Holder>

  constructor(holders: readonly Holder[]) {
    this.#holders = new Set(holders)
  }

  /** A reader's handle on what a writer holds does not end the writing. */
  get mode(): LockMode {
    for (const { mode } of this.#holders) if (mode === 'exclusive') return mode
    return 'shared'
  }

  get fences(): ReadonlyMap<string, number | null> {
    const [first] = this.#holders
    return first?.fences ?? new Map()
  }

  get listening(): boolean {
    return [...this.#holders].some(({ listening }) => listening)
  }

  has(holder: Holder): boolean {
    return this.#holders.has(holder)
  }

  add(holder: Holder): void {
    this.#holders.add(holder)
  }

  /** Answers whether others go on. */
  delete(holder: Holder): boolean {
    this.#holders.delete(holder)
    return this.#holders.size > 0
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

/**
 * One holder gives up. While others hold the same tenure it goes on for them, as a shared one once the last writer has
 * left; else it passes to the next who waits in this process, or goes back to the store.
 */
export function leave(tenure: Tenure, holder: Holder): Promise<ReleaseResult> {
  const { engine, holder: present } = tenure
  const holds = present instanceof Entries ? present.has(holder) : present === holder
  // It may have left already, and the tenure have passed to somebody else since.
  if (!holds || !tenure.isHeld()) return Promise.resolve('expired')
  if (present instanceof Entries && present.delete(holder)) {
    if (present.mode === 'exclusive' || tenure.claim.mode === 'shared') return Promise.resolve('released')
    return downgrade(tenure, holder.fences.get(tenure.claim.name) ?? null)
  }
  const passing = engine.lines.passOn(tenure)
  if (typeof passing === 'boolean') return passing ? Promise.resolve('released') : tenure.release()
  return passing.then((passed) => {
    // It may have ended while fences were reserved for the next holder.
    if (passed) return 'released'
    return tenure.isHeld() ? tenure.release() : 'expired'
  })
}
