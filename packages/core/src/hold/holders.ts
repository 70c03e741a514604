import type { LockMode } from '../backend.js'
import type { LockError } from '../errors/errors.js'
import type { LeaseRecord } from '../observer/observed-call.js'

/** A handle on a hold, with a callback for the loss of the hold. */
export interface Holder {
  readonly mode: LockMode
  /** The fields of the events of its lease. Absent while no caller has the lease, and without an observer. */
  readonly record?: LeaseRecord | undefined
  onLost(reason: LockError): void
}

/** The holders of one hold that was re-entered. */
export class HolderSet implements Holder {
  readonly #holders: Set<Holder>
  /** Holders that lost another name of their lease, and until when they may still be at work under this one. */
  readonly #detached = new Map<Holder, number>()

  constructor(holders: readonly Holder[]) {
    this.#holders = new Set(holders)
  }

  /** A reader's handle on an exclusive hold does not end the exclusion. */
  get mode(): LockMode {
    const all = [...this.#holders, ...this.#detached.keys()]
    return all.some(({ mode }) => mode === 'exclusive') ? 'exclusive' : 'shared'
  }

  /** The record of the first holder that is left: the events of the hold carry it. */
  get record(): LeaseRecord | undefined {
    for (const { record } of this.#holders) if (record !== undefined) return record
    return undefined
  }

  has(holder: Holder): boolean {
    return this.#holders.has(holder) || this.#detached.has(holder)
  }

  add(holder: Holder): void {
    this.#holders.add(holder)
  }

  /** The holder no longer renews the hold, but still counts for its mode, and keeps it until then. */
  detach(holder: Holder, until: number): void {
    if (this.#holders.delete(holder)) this.#detached.set(holder, until)
  }

  delete(holder: Holder): void {
    this.#holders.delete(holder)
    this.#detached.delete(holder)
  }

  /** Whether a holder is left for which the hold is renewed. */
  get inUse(): boolean {
    return this.#holders.size > 0
  }

  /** Whether a holder is left at this time. */
  isKeptAt(now: number): boolean {
    return this.inUse || [...this.#detached.values()].some((until) => now < until)
  }

  /** The only holder, when there is just one. */
  get sole(): Holder | undefined {
    const [only] = this.#holders
    return this.#holders.size === 1 && this.#detached.size === 0 ? only : undefined
  }

  onLost(reason: LockError): void {
    for (const holder of [...this.#holders]) holder.onLost(reason)
  }
}
