import type { LockMode } from '../backend.js'
import type { LockError } from '../errors/errors.js'

/** Who holds a hold, and is told when it ends under them. */
export interface Holder {
  readonly mode: LockMode
  /** Whether it wants to be told at once. */
  readonly wantsLossNotice: boolean
  onLost(reason: LockError): void
}

/** The holders of one hold that was re-entered. */
export class HolderSet implements Holder {
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

  get wantsLossNotice(): boolean {
    return [...this.#holders].some(({ wantsLossNotice: listening }) => listening)
  }

  has(holder: Holder): boolean {
    return this.#holders.has(holder) || this.#leaving.has(holder)
  }

  add(holder: Holder): void {
    this.#holders.add(holder)
  }

  /** It does not keep the hold any more, but whatever it does under it stays protected. */
  detach(holder: Holder): void {
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
  get sole(): Holder | undefined {
    const [only] = this.#holders
    return this.#holders.size === 1 && this.#leaving.size === 0 ? only : undefined
  }

  onLost(reason: LockError): void {
    for (const holder of [...this.#holders]) holder.onLost(reason)
  }
}
