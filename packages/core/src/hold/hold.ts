import type { Claim, LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import type { LockError } from '../errors/errors.js'
import type { ReleaseResult } from '../lease.js'
import type { LockObserver } from '../observer/observer.js'
import type { HoldTerms } from '../options/options.js'
import { releaseAtStore } from '../store/release.js'
import type { Background } from '../timers/background.js'
import type { RunIn } from '../timers/detached.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import {
  driftMarginMs,
  type Reading,
  remainingAt,
  shortestPossibleMs,
  type Unresolved,
  validFrom,
  type Validity,
} from './deadline.js'
import type { Holder } from './holders.js'
import { expiredError, lostError } from './lost.js'

/** Consecutive fences that are reserved and not yet used. */
export interface SpareFences {
  next: number
  left: number
}

/** The parts of a locker that a hold uses, and that the functions on holds use. */
export interface HoldHost {
  readonly backend: LockBackend
  readonly clock: Clock
  /** The wall clock's time when the locker was made. */
  readonly wallOrigin: number
  readonly observer: LockObserver | undefined
  readonly detached: RunIn
  readonly waitTimers: TimerQueue
  readonly holdTimers: TimerQueue
  readonly background: Background
  readonly renewal: { due(hold: Hold): void }
  readonly lossChecks: { watch(hold: Hold): void; unwatch(hold: Hold): void }
  readonly names: {
    remove(hold: Hold): void
    forbidHandOver(hold: Hold): void
    handOver(hold: Hold): boolean | Promise<boolean>
  }
}

/** Reads both clocks. */
export function readClocks({ clock, wallOrigin }: Pick<HoldHost, 'clock' | 'wallOrigin'>): Reading {
  return { now: clock.now(), wall: clock.wallNow() - wallOrigin }
}

/** How a hold ends. */
export interface HoldEnd {
  /** The reason that the holder is given; absent when the holder itself ends it. */
  readonly reason?: LockError
  /**
   * The work at the store:
   *
   * - `'release'`: the name is freed;
   * - `'nothing'`: the owner does not hold it any more;
   * - `'leave'`: whoever has the ticket continues it, so that nothing may free it from now on.
   */
  readonly atStore: 'release' | 'nothing' | 'leave'
}

/** The answer that a hold begins with. */
export interface GrantAnswer {
  readonly sentAt: Reading
  readonly validMs: number
  /** The ttl that the command asked for. Default: the ttl of the claim. */
  readonly askedMs?: number | undefined
  readonly now: Reading
}

const EXPIRED: Promise<ReleaseResult> = Promise.resolve('expired')
const LEFT_TO_TICKET: Promise<ReleaseResult> = Promise.resolve('expired')

/**
 * The hold of an owner on a name, from the grant until its end. It counts as held until a local deadline that is no later
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
  /** When the answer with the grant arrived, on the monotonic clock. */
  readonly grantedAt: number
  /** Where automatic renewal stops and the hold ends, on the monotonic clock. */
  holdLimitAt: number | undefined
  /** When the name may be free again at the earliest, on the monotonic clock. */
  minHoldUntil: number | undefined
  /** Why the last try to renew failed. No other goes out before this time, on the monotonic clock. */
  failed: { readonly retryAt: number; readonly cause: unknown } | undefined
  /** Settles when the extension in flight is not waited for any more: there is one at a time. */
  extensionInFlight: Promise<unknown> | undefined
  holder: Holder | undefined
  /** How often it has passed from one holder to the next in this process; `Infinity` when it must not. */
  handOvers = 0
  /** Fences reserved for the next holders. */
  spareFences: SpareFences | undefined
  #ended: Promise<ReleaseResult> | undefined

  constructor(host: HoldHost, claim: Claim, { terms, now }: { readonly terms: HoldTerms; readonly now: Reading }) {
    this.host = host
    this.claim = claim
    this.terms = terms
    this.grantedAt = Math.floor(now.now)
    this.#limitFrom(now.now)
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
    void this.end({ reason: expiredError(this, reading), atStore: 'release' })
    return false
  }

  /** How its end went on at the store, or `undefined` while it has not ended. */
  get ended(): Promise<ReleaseResult> | undefined {
    return this.#ended
  }

  /** Whether it has ended here and is kept at the store for whoever has the ticket. */
  get isTicketed(): boolean {
    return this.#ended === LEFT_TO_TICKET
  }

  /** When the next renewal is due, on the monotonic clock; `Infinity`: never, as far as is known. */
  renewAt(reading: Reading): number {
    if (!this.terms.renew || this.extensionInFlight !== undefined) return Infinity
    const endsAt = reading.now + remainingAt(this, reading)
    if (this.holdLimitAt !== undefined && endsAt >= this.holdLimitAt) return Infinity
    // When two thirds of a ttl are left, of however long a lease.
    const ttlMs = Math.min(this.validMs, this.claim.ttlMs, shortestPossibleMs(this))
    const due = endsAt + driftMarginMs(ttlMs) - (ttlMs * 2) / 3
    return Math.max(due, this.failed?.retryAt ?? due)
  }

  /** Sets the timer by the present state. Called after every change that a deadline or a renewal depends on. */
  schedule(reading: Reading = readClocks(this.host)): void {
    if (this.#ended !== undefined) return
    this.host.holdTimers.set(this, Math.min(Math.ceil(this.renewAt(reading)), reading.now + this.remainingAt(reading)))
  }

  fire(): void {
    const reading = readClocks(this.host)
    if (!this.isHeldAt(reading)) return
    if (this.renewAt(reading) > reading.now) return this.schedule(reading)
    // Until the renewal comes to it, the deadline is watched.
    this.host.holdTimers.set(this, reading.now + this.remainingAt(reading))
    this.host.renewal.due(this)
  }

  /** Takes the answer to a command. Answers false when it comes too late to be of use. */
  begin({ sentAt, validMs, askedMs = this.claim.ttlMs, now }: GrantAnswer): boolean {
    // An answer of more than was asked for is a mistake of the backend: the lease is not counted on for longer.
    validFrom(this, sentAt, Math.min(validMs, askedMs), askedMs)
    if (remainingAt(this, now) <= 0) return false
    this.schedule(now)
    return true
  }

  /** From now on it is held on these terms. */
  setTerms(terms: HoldTerms): void {
    this.terms = terms
    this.#limitFrom(this.host.clock.now())
    this.schedule()
  }

  /** From now on it is not renewed, and ends at its deadline. */
  stopRenewing(): void {
    this.terms = { ...this.terms, renew: false }
    this.schedule()
  }

  /** Keeps the name taken for so long from now, however early the hold is released. */
  holdAtLeast(minHoldMs: number): void {
    if (minHoldMs === 0) return
    this.minHoldUntil = Math.max(this.minHoldUntil ?? -Infinity, this.host.clock.now() + minHoldMs)
  }

  /**
   * Ends it, once. Renewal has stopped before a command is sent.
   * @returns the result of the release at the store; the result of the first end, when it has ended before
   */
  end({ reason, atStore }: HoldEnd): Promise<ReleaseResult> {
    if (this.#ended !== undefined) return this.#ended
    this.#ended = atStore === 'leave' ? LEFT_TO_TICKET : EXPIRED
    this.host.holdTimers.clear(this)
    if (atStore === 'release') this.#ended = releaseAtStore(this)
    this.host.names.remove(this)
    this.host.lossChecks.unwatch(this)
    if (reason !== undefined) this.holder?.onLost(reason)
    return this.#ended
  }

  /** Ends it because the store says that another owner holds the name, or none. */
  lose(why: string): void {
    if (this.#ended === undefined) void this.end({ reason: lostError(this.claim, why), atStore: 'nothing' })
  }

  mayBeHeld(): boolean {
    return this.remainingMs() > 0
  }

  #limitFrom(now: number): void {
    const { maxHoldMs, minHoldMs } = this.terms
    this.holdLimitAt = maxHoldMs === Infinity ? undefined : now + maxHoldMs
    this.minHoldUntil = minHoldMs === 0 ? undefined : now + minHoldMs
  }
}
