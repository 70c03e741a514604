import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import type { Claim, Granted, LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import { releaseAtStore } from '../store/release.js'
import type { ReleaseResult } from '../lease.js'
import type { LockObserver } from '../observer.js'
import { runInBackground } from '../timers/background.js'
import { LockError } from '../errors/errors.js'
import type { Holder } from './holders.js'
import { driftMarginMs } from './deadline.js'
import { quoteName } from '../errors/messages.js'
import type { HoldTerms } from '../options/options.js'

/** Consecutive fences that are reserved and not yet used. */
export interface SpareFences {
  next: number
  left: number
}

/** What a hold, and whoever works on one, needs of its locker. */
export interface HoldHost {
  readonly backend: LockBackend
  readonly clock: Clock
  readonly wallOrigin: number
  readonly observer: LockObserver | undefined
  readonly waitTimers: TimerQueue
  readonly holdTimers: TimerQueue
  readonly holds: Map<string, Hold>
  readonly background: Set<Promise<unknown>>
  readonly renewal: { due(hold: Hold): void }
  readonly lossChecks: { watch(hold: Hold): void }
  readonly queues: { clearHold(hold: Hold): void; handOver(hold: Hold): boolean | Promise<boolean> }
}

/**
 * One owner's hold at the store: from the first attempt, when it is only pending, until it has ended.
 * The deadline is the local one: no later than the store's expiry, counted from before the command
 * that granted or extended it was sent. Ending is final.
 */
export class Hold implements Timer {
  dueAt: number = 0
  heapIndex: number = -1
  readonly engine: HoldHost
  /** Replaced when a writer goes on as a reader. */
  claim: Claim
  /** How its present holder holds it. */
  term: HoldTerms
  state: 'pending' | 'held' | 'ended' = 'pending'
  /** By the monotonic clock, and by the wall clock since the engine began: whole numbers, mostly, which take no memory. */
  deadline: number = 0
  wallDeadline: number = 0
  grantedAt: number = 0
  /** Where automatic renewal stops and the hold ends, on the monotonic clock. */
  holdLimitAt: number | undefined
  /** Where the name may be free again at the earliest, on the monotonic clock. */
  takenUntil: number | undefined
  /** No lease counts as longer than this, for a command left unresolved may cut it at the store. */
  maxValidMs: number | undefined
  /** Settles when the extension in flight has; one at a time, for a late one could undo its successor. */
  extensionInFlight: Promise<void> | undefined
  holder: Holder | undefined
  /** How often it has passed from hand to hand in this process. */
  handOvers = 0
  /** Fences reserved for the next holders. */
  spareFences: SpareFences | undefined
  #givingBack: Promise<ReleaseResult> | undefined
  #left = false

  constructor(engine: HoldHost, claim: Claim, term: HoldTerms) {
    this.engine = engine
    this.claim = claim
    this.term = term
  }

  /** Milliseconds left by either clock; negative when past. */
  remainingMs(): number {
    return this.remainingAt(this.engine.clock.now(), this.engine.clock.wallNow())
  }

  remainingAt(now: number, wallNow: number): number {
    return Math.min(this.endsAt - now, this.wallDeadline - (wallNow - this.engine.wallOrigin))
  }

  /** Whether it is held at this moment. Finds out about an expiry by itself, since timers may be late. */
  isHeld(): boolean {
    if (this.state !== 'held') return false
    if (this.remainingMs() > 0) return true
    this.expire()
    return false
  }

  /** Takes what was granted to the call of `sentAt`, for `askedMs` at most. False when it came too late to be of use. */
  start(granted: Granted, sentAt: number, sentAtWall: number, askedMs: number = this.claim.ttlMs): boolean {
    const { clock } = this.engine
    const now = clock.now()
    this.#validFrom(sentAt, sentAtWall, granted.validMs, askedMs)
    if (this.remainingAt(now, clock.wallNow()) <= 0) return false
    this.#heldFrom(now)
    const spare = (this.claim.fences ?? 1) - 1
    if (granted.fence !== null && spare > 0) this.spareFences = { next: granted.fence + 1, left: spare }
    this.state = 'held'
    this.engine.holds.set(this.claim.owner, this)
    this.#watch(sentAt, Math.min(granted.validMs, this.claim.ttlMs))
    return true
  }

  /** Holds what another process was granted, until the first extension tells whether it still is ours. */
  continueFrom(ticket: { readonly longestMs: number | null; readonly keepUntilWall: number | null }): void {
    const { clock } = this.engine
    const now = clock.now()
    this.#heldFrom(now)
    this.#validFrom(now, clock.wallNow(), this.claim.ttlMs, this.claim.ttlMs)
    if (ticket.longestMs !== null) this.capValidity(ticket.longestMs)
    if (ticket.keepUntilWall !== null) this.takenUntil = now + ticket.keepUntilWall - clock.wallNow()
    this.state = 'held'
    this.engine.holds.set(this.claim.owner, this)
    this.checkAt(Infinity)
  }

  /** Takes what the store extended by the call made at `sentAt`. An answer after the deadline changes nothing. */
  extended(sentAt: number, sentAtWall: number, validMs: number, ttlMs: number): void {
    if (!this.isHeld()) return
    const valid = Math.min(validMs, ttlMs, this.maxValidMs ?? Infinity)
    // What was cut short has the margin of what it is.
    this.#validFrom(sentAt, sentAtWall, valid, Math.min(ttlMs, this.maxValidMs ?? Infinity))
    if (this.isHeld()) this.#watch(sentAt, valid)
  }

  /**
   * An extension to `ttlMs` is sent: from now on the store may expire the name that soon, at any time. Answers how to
   * take this back once it is certain whether the command was executed.
   */
  beginExtension(sentAt: number, sentAtWall: number, ttlMs: number): (executed: boolean) => void {
    const { deadline, wallDeadline, maxValidMs: longestMs } = this
    this.#validFrom(sentAt, sentAtWall, ttlMs, ttlMs)
    this.deadline = Math.min(deadline, this.deadline)
    this.wallDeadline = Math.min(wallDeadline, this.wallDeadline)
    this.capValidity(ttlMs)
    if (this.deadline < deadline) this.checkAt(this.dueAt)
    return (executed) => {
      this.maxValidMs = longestMs
      if (!executed && this.state === 'held') Object.assign(this, { deadline, wallDeadline })
    }
  }

  /** A command that may yet be executed, at any time, would set the lease to `ttlMs`. */
  capValidity(ttlMs: number): void {
    this.maxValidMs = Math.min(this.maxValidMs ?? Infinity, ttlMs)
  }

  /** Asks for the next look at this hold, at the latest when it ends. */
  checkAt(at: number): void {
    if (this.state === 'held') this.engine.holdTimers.set(this, Math.min(Math.ceil(at), this.endsAt))
  }

  get endsAt(): number {
    return this.holdLimitAt === undefined ? this.deadline : Math.min(this.deadline, this.holdLimitAt)
  }

  fire(): void {
    if (!this.isHeld()) return
    // Until the renewal comes to it, the deadline is watched.
    this.checkAt(Infinity)
    if (!this.term.renew || this.extensionInFlight !== undefined || this.deadline >= (this.holdLimitAt ?? Infinity))
      return
    if (this.isRenewalDue()) this.engine.renewal.due(this)
  }

  /** Whether a renewal would not cut short what was extended by hand; sets the timer for when it would not. */
  isRenewalDue(): boolean {
    const early = this.remainingMs() - (this.claim.ttlMs * 5) / 6
    if (early > 0) this.checkAt(this.engine.clock.now() + early)
    return early <= 0
  }

  /** From now on it is held on these terms. */
  handTo(term: HoldTerms): void {
    const { grantedAt } = this
    this.term = term
    this.#heldFrom(this.engine.clock.now())
    // The window for handing on counts from the store's grant.
    this.grantedAt = grantedAt
    this.checkAt(this.dueAt)
  }

  /** It ends at its deadline. */
  stopRenewing(): void {
    this.term = { ...this.term, renew: false }
    this.checkAt(Infinity)
  }

  /** The store says it is somebody else's, or nobody's. */
  lose(why: string): void {
    if (this.#end()) this.holder?.onLost(this.#lost(why))
  }

  /** The deadline has passed. The store may still hold the name for us, if an answer was lost. */
  expire(): void {
    const why =
      (this.holdLimitAt ?? Infinity) <= this.engine.clock.now()
        ? 'it was held for maxHoldMs'
        : 'it could not be renewed before its deadline'
    if (!this.#end()) return
    void this.#giveBack()
    this.holder?.onLost(this.#lost(why))
  }

  /** Ends it under its holder, for another reason than its loss. */
  revoke(reason: LockError): Promise<ReleaseResult> {
    if (!this.#end()) return this.#givingBack ?? Promise.resolve('expired')
    const givingBack = this.#giveBack()
    this.holder?.onLost(reason)
    return givingBack
  }

  /** Ends it at its holder's wish. Renewal has stopped before the command is sent. */
  release(): Promise<ReleaseResult> {
    return this.#end() ? this.#giveBack() : Promise.resolve('expired')
  }

  /** Ends it here and leaves the store as it is: nothing is there, or somebody else continues it. */
  leave(): void {
    this.#end()
    this.#left = true
  }

  /** Gives up an owner that may be granted, or stand in line, without our knowing. */
  abandon(): Promise<ReleaseResult> {
    if (this.#left) return Promise.resolve('expired')
    this.#end()
    return this.#giveBack()
  }

  /** Whoever began it: close() waits for it. */
  #giveBack(): Promise<ReleaseResult> {
    const givingBack = releaseAtStore(this)
    runInBackground(this.engine, givingBack)
    return (this.#givingBack = givingBack)
  }

  #end(): boolean {
    if (this.state === 'ended') return false
    const wasHeld = this.state === 'held'
    this.state = 'ended'
    this.engine.holdTimers.clear(this)
    if (wasHeld) this.engine.holds.delete(this.claim.owner)
    this.engine.queues.clearHold(this)
    return wasHeld
  }

  #validFrom(sentAt: number, sentAtWall: number, validMs: number, ttlMs: number): void {
    const span = validMs - driftMarginMs(ttlMs)
    this.deadline = Math.floor(sentAt) + span
    this.wallDeadline = Math.floor(sentAtWall - this.engine.wallOrigin) + span
  }

  #heldFrom(now: number): void {
    const { maxHoldMs, minHoldMs } = this.term
    this.grantedAt = Math.floor(now)
    this.holdLimitAt = maxHoldMs === Infinity ? undefined : now + maxHoldMs
    this.takenUntil = minHoldMs === 0 ? undefined : now + minHoldMs
  }

  #watch(sentAt: number, validMs: number): void {
    // Renew when two thirds of a ttl are left, so that a lease extended by hand is not cut short.
    this.checkAt(this.term.renew ? sentAt + validMs - (Math.min(validMs, this.claim.ttlMs) * 2) / 3 : Infinity)
  }

  #lost(why: string): LockError {
    return new LockError('LOCK_LOST', `the lease on ${quoteName(this.claim.name)} is lost: ${why}`)
  }
}

/** The name stays taken for so long from now, though released earlier. */
export function keepTaken(hold: Hold, minHoldMs: number): void {
  if (minHoldMs === 0) return
  hold.takenUntil = Math.max(hold.takenUntil ?? 0, hold.engine.clock.now() + minHoldMs)
}
