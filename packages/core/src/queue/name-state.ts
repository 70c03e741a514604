import type { LockMode } from '../backend.js'
import type { Hold } from '../hold/hold.js'
import type { HoldTerms } from '../options/options.js'
import type { Abortable } from '../timers/abort-listeners.js'
import type { Timer } from '../timers/timer-queue.js'

/** An acquisition in the queue for a name within this process. */
export interface QueuedWaiter extends Abortable {
  readonly name: string
  readonly mode: LockMode
  readonly settings: { readonly ttlMs: number; readonly terms: HoldTerms }
  /** Whether it may ask the store. This and the two neighbours are written by the queue alone. */
  admitted: boolean
  previous: QueuedWaiter | undefined
  next: QueuedWaiter | undefined
  /** Called when it may ask the store. */
  admit(): void
  /** Offered a hold of this process that its holder gives up. Answers false when it does not wait any more. */
  accept(hold: Hold, fence: number | null): boolean
}

/**
 * The state of a name in this process with more than one hold or waiter: its holds, and its queue. The
 * waiters are a linked list, so that any of 100,000 can leave at once. The admitted ones are its front.
 */
export class NameState implements Timer {
  dueAt = 0
  heapIndex = -1
  readonly name: string
  /** The hold that may be handed over to the first waiter. It is one of {@link holds}. */
  current: Hold | undefined
  readonly holds: Set<Hold> = new Set()
  first: QueuedWaiter | undefined
  #last: QueuedWaiter | undefined
  #lastAdmitted: QueuedWaiter | undefined
  waiting: number = 0
  readonly #advance: (state: NameState) => void

  /** @param advance called when the first waiter need not wait for the current hold any longer. */
  constructor(name: string, advance: (state: NameState) => void) {
    this.name = name
    this.#advance = advance
  }

  fire(): void {
    this.#advance(this)
  }

  /** The first waiter that is not admitted. */
  get nextToAdmit(): QueuedWaiter | undefined {
    return this.#lastAdmitted === undefined ? this.first : this.#lastAdmitted.next
  }

  all(): (Hold | QueuedWaiter)[] {
    const all: (Hold | QueuedWaiter)[] = [...this.holds]
    for (let each = this.first; each !== undefined; each = each.next) all.push(each)
    return all
  }

  append(waiter: QueuedWaiter): void {
    waiter.previous = this.#last
    if (this.#last === undefined) this.first = waiter
    else this.#last.next = waiter
    this.#last = waiter
    if (waiter.admitted) this.#lastAdmitted = waiter
    this.waiting++
  }

  admit(waiter: QueuedWaiter): void {
    waiter.admitted = true
    this.#lastAdmitted = waiter
    waiter.admit()
  }

  /** Takes a waiter out. Answers false when it is not in the queue. */
  delete(waiter: QueuedWaiter): boolean {
    const { previous, next } = waiter
    if (previous === undefined && this.first !== waiter) return false
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    if (this.#lastAdmitted === waiter) this.#lastAdmitted = previous
    waiter.previous = waiter.next = undefined
    this.waiting--
    return true
  }
}
