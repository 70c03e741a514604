import type { Interruptible, Waiter } from './attempt.js'
import type { LockMode } from './backend.js'
import type { Engine } from './engine.js'
import { HeldLease } from './held-lease.js'
import type { LocalPlace } from './local-line.js'
import { tell } from './observer.js'
import type { Settings } from './options.js'
import { Pause } from './pause.js'
import type { Tenure } from './tenure.js'

/** What differs for an acquisition that stands at the store for itself, not behind others in this process. */
export interface Direct {
  /** Shown as its holder in place of the locker's label. */
  readonly label: string
  /** Called when the store has been asked once, whatever it said: from then on it has its place. */
  readonly answered: () => void
}

/**
 * One call of `acquire` under way: what is wanted, for how long still, and how it is told to end, by its signal or
 * because the locker closes. One object, which is also its place in the line of this process.
 */
export class Acquisition implements Waiter, LocalPlace {
  readonly engine: Engine
  readonly name: string
  readonly settings: Settings
  /** With one attempt nobody waits, neither in this process nor at the store. */
  readonly once: boolean
  readonly direct: Direct | undefined
  /** On the monotonic clock, like {@link until}. */
  readonly since: number
  readonly until: number
  /** Whether it is its turn to ask the store. */
  called = false
  /** What it was handed instead. */
  lease: HeldLease | undefined
  stopped = false
  reason: unknown
  /** For whom the store is asked at present. */
  owner = ''
  /** The store has hinted that what it may have granted meanwhile was taken away. */
  doubted = false
  /** Settles when all that was given up has been given back. */
  gone: Promise<unknown> | undefined
  #waiting: Interruptible | undefined
  #turn: Pause | undefined
  #announced = false

  constructor(engine: Engine, name: string, settings: Settings, once: boolean, direct?: Direct) {
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
  get lined(): boolean {
    return !this.once && !this.settings.steal && this.direct === undefined
  }

  begin(): void {
    this.engine.acquisitions.add(this)
    const { signal } = this.settings
    if (signal !== undefined) this.engine.signals.add(signal, this)
    if (this.lined) this.engine.lines.join(this)
  }

  end(): void {
    this.engine.acquisitions.delete(this)
    const { signal } = this.settings
    if (signal !== undefined) this.engine.signals.delete(signal, this)
    // Whoever was handed a lease has left the line in being handed it.
    if (this.lined && this.lease === undefined) this.engine.lines.leave(this)
  }

  /** Ends it with `reason`. The first reason counts. */
  halt(reason: unknown): void {
    if (this.stopped) return
    this.stopped = true
    this.reason = reason
    this.#waiting?.interrupt()
  }

  waitFor(waiting: Interruptible): void {
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
    const turn = new Pause(this.engine.waits, this.until)
    this.#turn = turn
    this.waitFor(turn)
    // Whoever is told may release, abort or close: the wait is there already, so that it can be ended.
    this.announce()
    await turn.done
  }

  call(): void {
    this.#turn?.interrupt()
  }

  take(tenure: Tenure, fence: number | null): boolean {
    if (this.stopped || this.engine.clock.now() >= this.until) return false
    tenure.handedOn++
    tenure.heldOn(this.settings.term)
    this.lease = this.granted(tenure, fence, 0)
    this.#turn?.interrupt()
    return true
  }

  granted(tenure: Tenure, fence: number | null, attempts: number): HeldLease {
    const { engine, name, mode, since } = this
    const lease = new HeldLease(tenure, fence, attempts === 0 ? engine.clock.now() : tenure.grantedAt, mode)
    tenure.holder = lease
    tell(engine.observer, 'acquired', () => ({ name, mode, waitedMs: engine.clock.now() - since, attempts, fence }))
    return lease
  }

  /** It has to wait: tells the observer, the first time. */
  announce(): void {
    if (this.#announced) return
    this.#announced = true
    tell(this.engine.observer, 'waiting', () => ({ name: this.name, mode: this.mode }))
  }
}
