import type { Claim, LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import type { ReleaseResult } from '../lease.js'
import type { LockObserver } from '../observer.js'
import type { HoldTerms } from '../options/options.js'
import { releaseAtStore } from '../store/release.js'
import { runInBackground } from '../timers/background.js'
import type { RunIn } from '../timers/detached.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import { deadlineOf, type Reading, remainingAt, type Unresolved, validFrom, type Validity } from './deadline.js'
import type { Holder } from './holders.js'

/** Consecutive fences that are reserved and not yet used. */
export interface SpareFences {
  next: number
  left: number
}

/** What a hold, and whatever works on one, needs of its locker. */
export interface HoldHost {
  readonly backend: LockBackend
  readonly clock: Clock
  /** The wall clock's time when the locker was made. */
  readonly wallOrigin: number
  readonly observer: LockObserver | undefined
  readonly detached: RunIn
  readonly waitTimers: TimerQueue
  readonly holdTimers: TimerQueue
  readonly background: Set<Promise<unknown>>
  readonly renewal: { due(hold: Hold): void }
  readonly lossChecks: { watch(hold: Hold): void; unwatch(hold: Hold): void }
  readonly names: {
    remove(hold: Hold): void
    keepHere(hold: Hold): void
    handOver(hold: Hold): boolean | Promise<boolean>
  }
}

/** Reads both clocks. */
export function readClocks({ clock, wallOrigin }: Pick<HoldHost, 'clock' | 'wallOrigin'>): Reading {
  return { now: clock.now(), wall: clock.wallNow() - wallOrigin }
}

/** How a hold ends. */
export interface HoldEnd {
  /** Why it ends under its holder, which is told so; absent when the holder wishes it. */
  readonly reason?: LockError
  /**
   * What becomes of it at the store: it is released; it is left as it is, for the store holds it no longer; or it
   * continues, by its ticket, and nothing here may touch it any more.
   */
  readonly atStore: 'release' | 'leave' | 'continue'
}

const EXPIRED: Promise<ReleaseResult> = Promise.resolve('expired')

/**
 * One owner's hold on one name, from the grant until its end. It counts as held until a local deadline that is no later
 * than the store's expiry. Its end is final.
 */
export class Hold implements Timer, Validity {
  dueAt: number = 0
  heapIndex: number = -1
  readonly host: HoldHost
  /** Replaced when a writer goes on as a reader. */
  claim: Claim
  /** How its present holder holds it. */
  terms: HoldTerms
  deadline: number = 0
  wallDeadline: number = 0
  validMs: number = 0
  spanMs: number = 0
  unresolved: Unresolved[] | undefined
  /** When the store granted it, on the monotonic clock. */
  readonly grantedAt: number
  /** Where automatic renewal stops and the hold ends, on the monotonic clock. */
  holdLimitAt: number | undefined
  /** When the name may be free again at the earliest, on the monotonic clock. */
  takenUntil: number | undefined
  /** No renewal goes out before this time, because the last try failed. On the monotonic clock. */
  retryAt = 0
  /** Settles when the extension in flight is not waited for any more: there is one at a time. */
  extensionInFlight: Promise<unknown> | undefined
  holder: Holder | undefined
  /** How often it has passed from one holder to the next in this process; `Infinity` when it must not. */
  handOvers = 0
  /** Fences reserved for the next holders. */
  spareFences: SpareFences | undefined
  #ended: Promise<ReleaseResult> | undefined
  #continues = false

  constructor(host: HoldHost, claim: Claim, terms: HoldTerms) {
    this.host = host
    this.claim = claim
    this.terms = terms
    const now = host.clock.now()
    this.grantedAt = Math.floor(now)
    this.#limitFrom(now)
  }

  /** Milliseconds left by either clock; negative when past. */
  remainingMs(): number {
    return this.remainingAt(readClocks(this.host))
  }

  remainingAt(reading: Reading): number {
    const left = remainingAt(this, reading)
    return this.holdLimitAt === undefined ? left : Math.min(left, this.holdLimitAt - reading.now)
  }

  /** Whether it is held at this moment. Finds out about an expiry by itself, because timers may be late. */
  isHeld(): boolean {
    return this.isHeldAt(readClocks(this.host))
  }

  isHeldAt(reading: Reading): boolean {
    if (this.#ended !== undefined) return false
    if (this.remainingAt(reading) > 0) return true
    void this.end({ reason: this.#lost(this.#whyExpired(reading)), atStore: 'release' })
    return false
  }

  /** How its end went on at the store, or `undefined` while it has not ended. */
  get ended(): Promise<ReleaseResult> | undefined {
    return this.#ended
  }

  /** Whether it has ended here and continues by its ticket: a late answer is then no reason to release its owner. */
  get continues(): boolean {
    return this.#continues
  }

  /** The time at which it ends, on the monotonic clock. */
  get endsAt(): number {
    const deadline = deadlineOf(this)
    return this.holdLimitAt === undefined ? deadline : Math.min(deadline, this.holdLimitAt)
  }

  /** When the next renewal is due, on the monotonic clock; `Infinity` for never as things stand. */
  get renewAt(): number {
    if (!this.terms.renew || this.extensionInFlight !== undefined) return Infinity
    if (this.holdLimitAt !== undefined && this.deadline >= this.holdLimitAt) return Infinity
    // When two thirds of a ttl are left, of however long a lease.
    const due = this.deadline - this.spanMs + this.validMs - (Math.min(this.validMs, this.claim.ttlMs) * 2) / 3
    return Math.max(due, this.retryAt)
  }

  /** Sets the timer by what the hold is now. To be called after every change that a deadline or a renewal depends on. */
  schedule(): void {
    if (this.#ended !== undefined) return
    this.host.holdTimers.set(this, Math.min(Math.ceil(this.renewAt), this.endsAt))
  }

  fire(): void {
    const reading = readClocks(this.host)
    if (!this.isHeldAt(reading)) return
    if (this.renewAt > reading.now) return this.schedule()
    // Until the renewal comes to it, the deadline is watched.
    this.host.holdTimers.set(this, this.endsAt)
    this.host.renewal.due(this)
  }

  /** Takes the answer to the command sent at `sentAt`. Answers false when it comes too late to be of use. */
  begin(sentAt: Reading, validMs: number, askedMs: number = this.claim.ttlMs): boolean {
    validFrom(this, sentAt, validMs, askedMs)
    if (remainingAt(this, readClocks(this.host)) <= 0) return false
    this.schedule()
    return true
  }

  /** From now on it is held on these terms. */
  handTo(terms: HoldTerms): void {
    this.terms = terms
    this.#limitFrom(this.host.clock.now())
    this.schedule()
  }

  /** It ends at its deadline. */
  stopRenewing(): void {
    this.terms = { ...this.terms, renew: false }
    this.schedule()
  }

  /** Keeps the name taken for so long from now, however early the hold is released. */
  keepTaken(minHoldMs: number): void {
    if (minHoldMs === 0) return
    this.takenUntil = Math.max(this.takenUntil ?? 0, this.host.clock.now() + minHoldMs)
  }

  /**
   * Ends it, once. Renewal has stopped before a command is sent.
   * @returns how the release went on at the store; what the first end answered, when it has ended before
   */
  end({ reason, atStore }: HoldEnd): Promise<ReleaseResult> {
    if (this.#ended !== undefined) return this.#ended
    this.#ended = EXPIRED
    this.#continues = atStore === 'continue'
    this.host.holdTimers.clear(this)
    if (atStore === 'release') {
      this.#ended = releaseAtStore(this)
      // Whatever caused the end: close() waits for it.
      runInBackground(this.host, this.#ended)
    }
    const ended = this.#ended
    this.host.names.remove(this)
    this.host.lossChecks.unwatch(this)
    if (reason !== undefined) this.holder?.onLost(reason)
    return ended
  }

  /** Ends it because the store says that another owner holds the name, or none. */
  lose(why: string): void {
    if (this.#ended === undefined) void this.end({ reason: this.#lost(why), atStore: 'leave' })
  }

  mayBeHeld(): boolean {
    return this.remainingMs() > 0
  }

  #limitFrom(now: number): void {
    const { maxHoldMs, minHoldMs } = this.terms
    this.holdLimitAt = maxHoldMs === Infinity ? undefined : now + maxHoldMs
    this.takenUntil = minHoldMs === 0 ? undefined : now + minHoldMs
  }

  #whyExpired({ now }: Reading): string {
    if (this.holdLimitAt !== undefined && this.holdLimitAt <= now) return 'it was held for maxHoldMs'
    const { ttlMs } = this.claim
    if (!this.terms.renew)
      return `it was not renewed, because renew is false, and its time has passed (ttlMs: ${ttlMs})`
    return `it could not be renewed before its deadline (ttlMs: ${ttlMs})`
  }

  #lost(why: string): LockError {
    return new LockError('LOCK_LOST', `the lease on ${quoteName(this.claim.name)} is lost: ${why}`)
  }
}
