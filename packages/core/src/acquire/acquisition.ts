import type { CallOwner } from '../store/call.js'
import type { LockMode } from '../backend.js'
import type { Engine } from '../engine/engine.js'
import { LeaseHandle } from '../handle/lease-handle.js'
import type { QueuedWaiter } from '../queue/local-queue.js'
import { emit } from '../observer.js'
import type { AcquireSettings } from '../options/settings.js'
import { type Interruptible, Sleep } from '../timers/sleep.js'
import type { Hold } from '../hold/hold.js'

/** What differs for an acquisition that stands at the store for itself, not behind others in this process. */
export interface StoreOnly {
  /** Shown as its holder in place of the locker's label. */
  readonly label: string
  /** Called when the store has been asked once, whatever it said: from then on it has its place. */
  readonly answered: () => void
}

/**
 * One call of `acquire` under way: what is wanted, for how long still, and how it is told to end, by its signal or
 * because the locker closes. One object, which is also its place in the line of this process.
 */
export class Acquisition implements CallOwner, QueuedWaiter {
  readonly engine: Engine
  readonly name: string
  readonly settings: AcquireSettings
  /** With one attempt nobody waits, neither in this process nor at the store. */
  readonly once: boolean
  readonly direct: StoreOnly | undefined
  /** On the monotonic clock, like {@link until}. */
  readonly since: number
  readonly until: number
  /** Whether it is its turn to ask the store. */
  admitted = false
  /** What it was handed instead. */
  lease: LeaseHandle | undefined
  stopped = false
  reason: unknown
  /** For whom the store is asked at present. */
  owner = ''
  /** The store has hinted that what it may have granted meanwhile was taken away. */
  mayBeLost = false
  /** Settles when all that was given up has been given back. */
  gone: Promise<unknown> | undefined
  #waiting: Interruptible | undefined
  #turn: Sleep | undefined
  #announced = false

  constructor(engine: Engine, name: string, settings: AcquireSettings, once: boolean, direct?: StoreOnly) {
    this.engine = engine
    this.name = name
    this.settings = settings
    this.once = once
    this.direct = direct
    this.since = engine.clock.now()
    // One attempt is bounded like every call; to wait is bounded by the caller's patience.
    this.until = this.since + (once ? settings.term.timeoutMs : settings.waitMs)
  }

  get mode(): LockMode {
    return this.settings.mode
  }

  /** Whether it stands in the line of this process. Whoever takes by force waits for nobody. */
  get usesQueue(): boolean {
    return !this.once && !this.settings.steal && this.direct === undefined
  }

  begin(): void {
    this.engine.acquisitions.add(this)
    const { signal } = this.settings
    if (signal !== undefined) this.engine.signals.add(signal, this)
    if (this.usesQueue) this.engine.queues.enqueue(this)
  }

  unregister(): void {
    this.engine.acquisitions.delete(this)
    const { signal } = this.settings
    if (signal !== undefined) this.engine.signals.delete(signal, this)
    // Whoever was handed a lease has left the line in being handed it.
    if (this.usesQueue && this.lease === undefined) this.engine.queues.remove(this)
  }

  /** Ends it with `reason`. The first reason counts. */
  abort(reason: unknown): void {
    if (this.stopped) return
    this.stopped = true
    this.reason = reason
    this.#waiting?.interrupt()
  }

  onCallStarted(waiting: Interruptible): void {
    this.#waiting = waiting
    // It may have been told to end by an observer or a backoff, while it waited for nothing.
    if (this.stopped) waiting.interrupt()
  }

  /** Whether time has passed since it began. */
  get waited(): boolean {
    return this.#turn !== undefined
  }

  /** Waits behind those in this process who want the same name. */
  async waitForTurn(): Promise<void> {
    const turn = new Sleep(this.engine.waitTimers, this.until)
    this.#turn = turn
    this.onCallStarted(turn)
    // Whoever is told may release, abort or close: the wait is there already, so that it can be ended.
    this.announceWaiting()
    await turn.done
  }

  admit(): void {
    this.#turn?.interrupt()
  }

  accept(hold: Hold, fence: number | null): boolean {
    if (this.stopped || this.engine.clock.now() >= this.until) return false
    hold.handOvers++
    hold.handTo(this.settings.term)
    this.lease = this.toLease(hold, fence, 0)
    this.#turn?.interrupt()
    return true
  }

  toLease(hold: Hold, fence: number | null, attempts: number): LeaseHandle {
    const { engine, name, mode, since } = this
    const lease = new LeaseHandle(hold, fence, attempts === 0 ? engine.clock.now() : hold.grantedAt, mode)
    hold.holder = lease
    emit(engine.observer, 'acquired', () => ({ name, mode, waitedMs: engine.clock.now() - since, attempts, fence }))
    return lease
  }

  /** It has to wait: tells the observer, the first time. */
  announceWaiting(): void {
    if (this.#announced) return
    this.#announced = true
    emit(this.engine.observer, 'waiting', () => ({ name: this.name, mode: this.mode }))
  }
}
