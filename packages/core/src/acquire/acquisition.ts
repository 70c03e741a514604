import type { LockMode } from '../backend.js'
import type { Engine } from '../engine/engine.js'
import { LockError } from '../errors/errors.js'
import { LeaseHandle } from '../handle/lease-handle.js'
import type { Hold } from '../hold/hold.js'
import type { Holder } from '../hold/holders.js'
import type { AcquireSettings } from '../options/settings.js'
import type { QueuedWaiter } from '../queue/name-state.js'
import { type Abortable, reasonOf } from '../timers/abort-listeners.js'
import type { Budget } from '../timers/budget.js'
import { type Interruptible, Sleep } from '../timers/sleep.js'
import { orThrowBusy } from './busy.js'

/** The resolution of a timer: an attempt that has less could only be answered too late. */
const TIMER_MS = 1

/** Options of an acquisition that has a place of its own at the store, not behind others in this process. */
export interface StoreOnly {
  /** Shown as its holder in place of the locker's label. */
  readonly label: string
  /** Called after the first answer of the store: from then on the claim has its place. */
  readonly answered: () => void
}

export interface AcquisitionOptions {
  /** When it began, on the monotonic clock. */
  readonly since: number
  readonly budget: Budget
  readonly storeOnly?: StoreOnly
  /** Whether it is one of several that are asked for at once, which want no place in line yet. */
  readonly isAtOnce?: boolean
}

/** A hold that was handed over, with its fence, and how it ended if it was lost on the way. */
interface HandedOver {
  readonly hold: Hold
  readonly fence: number | null
  lost?: LockError
}

/**
 * The acquisition of one name: its settings, its budget, and the wait or the call under way. It is also its own place in
 * the queue of this process, and the holder of a hold that was handed over until its caller takes the lease.
 */
export class Acquisition implements QueuedWaiter, Abortable, Holder {
  readonly engine: Engine
  readonly name: string
  readonly settings: AcquireSettings
  readonly budget: Budget
  readonly storeOnly: StoreOnly | undefined
  isAtOnce: boolean
  /** Called when it was not granted at once, and goes on in line. */
  onNotAtOnce: (() => void) | undefined = undefined
  /** When it began, on the monotonic clock. */
  readonly since: number
  admitted = false
  previous: QueuedWaiter | undefined = undefined
  next: QueuedWaiter | undefined = undefined
  /** Settles when everything that was given up has been released. */
  released: Promise<unknown> | undefined
  #aborted: { readonly reason: unknown } | undefined
  #handedOver: HandedOver | undefined
  #waiting: Interruptible | undefined

  constructor(
    engine: Engine,
    name: string,
    settings: AcquireSettings,
    { since, budget, storeOnly, isAtOnce = false }: AcquisitionOptions,
  ) {
    this.engine = engine
    this.name = name
    this.settings = settings
    this.budget = budget
    this.storeOnly = storeOnly
    this.isAtOnce = isAtOnce
    this.since = since
  }

  get mode(): LockMode {
    return this.settings.mode
  }

  /** Whether it waits behind others of this process. One attempt waits for nothing, and a steal for no holder. */
  get usesQueue(): boolean {
    return !this.settings.once && !this.settings.steal && this.storeOnly === undefined
  }

  /** Begins. Answers whether it may ask the store now. */
  register(): boolean {
    const { engine, budget } = this
    // First, for a signal of the caller's own making may throw.
    if (budget.signal !== undefined) engine.signals.add(budget.signal, this)
    engine.background.started()
    if (this.usesQueue) engine.names.enqueue(this)
    else {
      this.admitted = true
      engine.acquisitions.add(this)
    }
    return this.admitted
  }

  unregister(): void {
    const { engine, budget } = this
    engine.background.ended()
    if (budget.signal !== undefined) engine.signals.delete(budget.signal, this)
    if (this.usesQueue) engine.names.dequeue(this)
    else engine.acquisitions.delete(this)
  }

  /** Ends it with `reason`. The first reason counts, and the caller's signal may have aborted before. */
  abort(reason: unknown): void {
    if (this.#aborted === undefined) {
      const { signal } = this.budget
      this.#aborted = { reason: signal?.aborted === true ? reasonOf(signal) : reason }
    }
    this.#waiting?.interrupt()
  }

  /** Why it ended, once it was aborted. */
  get aborted(): { readonly reason: unknown } | undefined {
    if (this.#aborted !== undefined) return this.#aborted
    const { signal } = this.budget
    if (signal?.aborted === true) this.#aborted = { reason: reasonOf(signal) }
    else if (this.engine.closed) this.#aborted = { reason: new LockError('LOCK_CLOSED', 'the locker was closed') }
    return this.#aborted
  }

  throwIfAborted(): void {
    if (this.aborted !== undefined) throw this.aborted.reason
  }

  onCallStarted(waiting: Interruptible): void {
    this.#waiting = waiting
    // An observer or a backoff may have aborted it while it waited for nothing.
    if (this.aborted !== undefined) waiting.interrupt()
  }

  /** Waits in the queue until it is admitted, handed a hold, aborted, or out of time. */
  async waitInQueue(): Promise<void> {
    const { engine, budget } = this
    const wait = new Sleep(engine.waitTimers, budget.until)
    this.onCallStarted(wait)
    // The observer may release, abort or close: the wait is there already, so that it can be ended.
    this.announceWaiting()
    await wait.done
  }

  /** A waiter that is over is woken by its abort, in its slice: waking it here would wake all of them in a chain. */
  admit(): void {
    if (this.isOver) this.engine.signals.check(this.budget.signal)
    else this.#waiting?.interrupt()
  }

  /** Whether it makes no sense any more to ask the store. */
  get isOver(): boolean {
    return this.aborted !== undefined || this.engine.clock.now() + TIMER_MS > this.budget.until
  }

  accept(hold: Hold, fence: number | null): boolean {
    if (this.aborted !== undefined || this.engine.clock.now() >= this.budget.until) {
      this.engine.signals.check(this.budget.signal)
      return false
    }
    hold.handOvers++
    hold.holder = this
    hold.setTerms(this.settings.terms)
    this.#handedOver = { hold, fence }
    this.#waiting?.interrupt()
    return true
  }

  /** The hold that was handed over to it is lost before its caller could take the lease. */
  onLost(reason: LockError): void {
    if (this.#handedOver !== undefined) this.#handedOver.lost = reason
  }

  /** The hold that was handed over, if one was. */
  get handedOver(): Hold | undefined {
    return this.#handedOver?.hold
  }

  /** Makes a lease of the hold that was handed over. Called in the caller's own async context. */
  takeHandedOver(): LeaseHandle | null {
    const handed = this.#handedOver
    if (handed === undefined) return this.refused()
    const lease = this.toLease(handed.hold, handed.fence, 0)
    if (handed.lost !== undefined) lease.onLost(handed.lost)
    return lease
  }

  /** @param attempts calls to the store that it took; 0 for a hold that was handed over. */
  toLease(hold: Hold, fence: number | null, attempts: number): LeaseHandle {
    const { engine, settings, mode } = this
    const lease = new LeaseHandle(hold, fence, attempts === 0 ? engine.clock.now() : hold.grantedAt, mode)
    hold.holder = lease
    if (!settings.isPart) lease.announce(settings.observed)
    return lease
  }

  /** Ends the acquisition of a name that was certainly not granted. */
  refused(): null {
    return orThrowBusy(this.engine, this.name, this.settings, this.since)
  }

  /** Emits, the first time, that it has to wait. */
  announceWaiting(): void {
    this.settings.observed?.waiting(this.name)
  }
}
