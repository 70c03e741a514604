import type { Alarm } from './alarms.js'
import type { Claim, Granted } from './backend.js'
import type { Engine } from './engine.js'
import type { Holder } from './entries.js'
import { giveBack, type ReleaseResult } from './give-back.js'
import { inBackground } from './background.js'
import { LockError } from './errors.js'
import type { SpareFences } from './hand-over.js'
import { marginMs } from './margin.js'
import { quote } from './quote.js'
import type { Term } from './term.js'
import type { Ticket } from './ticket.js'

/**
 * One owner's hold at the store: from the first attempt, when it is only sought, until it has ended.
 * The deadline is the local one: no later than the store's expiry, counted from before the command
 * that granted or extended it was sent. Ending is final.
 */
export class Tenure implements Alarm {
  at: number = 0
  slot: number = -1
  readonly engine: Engine
  /** Replaced when a writer goes on as a reader. */
  claim: Claim
  /** How its present holder holds it. */
  term: Term
  state: 'sought' | 'held' | 'ended' = 'sought'
  /** By the monotonic clock, and by the wall clock since the engine began: whole numbers, mostly, which take no memory. */
  deadline: number = 0
  wallDeadline: number = 0
  grantedAt: number = 0
  /** Where automatic renewal stops and the hold ends, on the monotonic clock. */
  holdUntil: number | undefined
  /** Where the name may be free again at the earliest, on the monotonic clock. */
  keepUntil: number | undefined
  /** No lease counts as longer than this, for a command left unresolved may cut it at the store. */
  longestMs: number | undefined
  /** Settles when the extension in flight has; one at a time, for a late one could undo its successor. */
  extending: Promise<void> | undefined
  holder: Holder | undefined
  /** How often it has passed from hand to hand in this process. */
  handedOn = 0
  /** Fences reserved for the next holders. */
  spare: SpareFences | undefined
  #givingBack: Promise<ReleaseResult> | undefined
  #left = false

  constructor(engine: Engine, claim: Claim, term: Term) {
    this.engine = engine
    this.claim = claim
    this.term = term
  }

  /** Milliseconds left by either clock; negative when past. */
  left(): number {
    return this.leftAt(this.engine.clock.now(), this.engine.clock.wallNow())
  }

  leftAt(now: number, wallNow: number): number {
    return Math.min(this.endsAt - now, this.wallDeadline - (wallNow - this.engine.wallOrigin))
  }

  /** Whether it is held at this moment. Finds out about an expiry by itself, since timers may be late. */
  isHeld(): boolean {
    if (this.state !== 'held') return false
    if (this.left() > 0) return true
    this.expire()
    return false
  }

  /** Takes what was granted to the call of `sentAt`, for `askedMs` at most. False when it came too late to be of use. */
  grant(granted: Granted, sentAt: number, sentAtWall: number, askedMs: number = this.claim.ttlMs): boolean {
    const { clock } = this.engine
    const now = clock.now()
    this.#validFrom(sentAt, sentAtWall, granted.validMs, askedMs)
    if (this.leftAt(now, clock.wallNow()) <= 0) return false
    this.#heldFrom(now)
    const spare = (this.claim.fences ?? 1) - 1
    if (granted.fence !== null && spare > 0) this.spare = { next: granted.fence + 1, left: spare }
    this.state = 'held'
    this.engine.held.set(this.claim.owner, this)
    this.#watch(sentAt, Math.min(granted.validMs, this.claim.ttlMs))
    return true
  }

  /** Holds what another process was granted, until the first extension tells whether it still is ours. */
  resume(ticket: Ticket): void {
    const { clock } = this.engine
    const now = clock.now()
    this.#heldFrom(now)
    this.#validFrom(now, clock.wallNow(), this.claim.ttlMs, this.claim.ttlMs)
    if (ticket.longestMs !== null) this.mayBeCutTo(ticket.longestMs)
    if (ticket.keepUntilWall !== null) this.keepUntil = now + ticket.keepUntilWall - clock.wallNow()
    this.state = 'held'
    this.engine.held.set(this.claim.owner, this)
    this.wakeAt(Infinity)
  }

  /** Takes what the store extended by the call made at `sentAt`. An answer after the deadline changes nothing. */
  extended(sentAt: number, sentAtWall: number, validMs: number, ttlMs: number): void {
    if (!this.isHeld()) return
    const valid = Math.min(validMs, ttlMs, this.longestMs ?? Infinity)
    // What was cut short has the margin of what it is.
    this.#validFrom(sentAt, sentAtWall, valid, Math.min(ttlMs, this.longestMs ?? Infinity))
    if (this.isHeld()) this.#watch(sentAt, valid)
  }

  /**
   * An extension to `ttlMs` is sent: from now on the store may expire the name that soon, at any time. Answers how to
   * take this back once it is certain whether the command was executed.
   */
  mayBecome(sentAt: number, sentAtWall: number, ttlMs: number): (executed: boolean) => void {
    const { deadline, wallDeadline, longestMs } = this
    this.#validFrom(sentAt, sentAtWall, ttlMs, ttlMs)
    this.deadline = Math.min(deadline, this.deadline)
    this.wallDeadline = Math.min(wallDeadline, this.wallDeadline)
    this.mayBeCutTo(ttlMs)
    if (this.deadline < deadline) this.wakeAt(this.at)
    return (executed) => {
      this.longestMs = longestMs
      if (!executed && this.state === 'held') Object.assign(this, { deadline, wallDeadline })
    }
  }

  /** A command that may yet be executed, at any time, would set the lease to `ttlMs`. */
  mayBeCutTo(ttlMs: number): void {
    this.longestMs = Math.min(this.longestMs ?? Infinity, ttlMs)
  }

  /** Asks for the next look at this tenure, at the latest when it ends. */
  wakeAt(at: number): void {
    if (this.state === 'held') this.engine.leases.set(this, Math.min(Math.ceil(at), this.endsAt))
  }

  get endsAt(): number {
    return this.holdUntil === undefined ? this.deadline : Math.min(this.deadline, this.holdUntil)
  }

  ring(): void {
    if (!this.isHeld()) return
    // Until the renewal comes to it, the deadline is watched.
    this.wakeAt(Infinity)
    if (!this.term.renew || this.extending !== undefined || this.deadline >= (this.holdUntil ?? Infinity)) return
    if (this.mayBeRenewed()) this.engine.renewal.due(this)
  }

  /** Whether a renewal would not cut short what was extended by hand; sets the alarm for when it would not. */
  mayBeRenewed(): boolean {
    const early = this.left() - (this.claim.ttlMs * 5) / 6
    if (early > 0) this.wakeAt(this.engine.clock.now() + early)
    return early <= 0
  }

  /** From now on it is held on these terms. */
  heldOn(term: Term): void {
    const { grantedAt } = this
    this.term = term
    this.#heldFrom(this.engine.clock.now())
    // The window for handing on counts from the store's grant.
    this.grantedAt = grantedAt
    this.wakeAt(this.at)
  }

  /** It ends at its deadline. */
  renewNoMore(): void {
    this.term = { ...this.term, renew: false }
    this.wakeAt(Infinity)
  }

  /** The store says it is somebody else's, or nobody's. */
  lose(why: string): void {
    if (this.#end()) this.holder?.lost(this.#lost(why))
  }

  /** The deadline has passed. The store may still hold the name for us, if an answer was lost. */
  expire(): void {
    const why =
      (this.holdUntil ?? Infinity) <= this.engine.clock.now()
        ? 'it was held for maxHoldMs'
        : 'it could not be renewed before its deadline'
    if (!this.#end()) return
    void this.#giveBack()
    this.holder?.lost(this.#lost(why))
  }

  /** Ends it under its holder, for another reason than its loss. */
  revoke(reason: LockError): Promise<ReleaseResult> {
    if (!this.#end()) return this.#givingBack ?? Promise.resolve('expired')
    const givingBack = this.#giveBack()
    this.holder?.lost(reason)
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
    const givingBack = giveBack(this)
    inBackground(this.engine, givingBack)
    return (this.#givingBack = givingBack)
  }

  #end(): boolean {
    if (this.state === 'ended') return false
    const wasHeld = this.state === 'held'
    this.state = 'ended'
    this.engine.leases.clear(this)
    if (wasHeld) this.engine.held.delete(this.claim.owner)
    this.engine.lines.vacate(this)
    return wasHeld
  }

  #validFrom(sentAt: number, sentAtWall: number, validMs: number, ttlMs: number): void {
    const span = validMs - marginMs(ttlMs)
    this.deadline = Math.floor(sentAt) + span
    this.wallDeadline = Math.floor(sentAtWall - this.engine.wallOrigin) + span
  }

  #heldFrom(now: number): void {
    const { maxHoldMs, minHoldMs } = this.term
    this.grantedAt = Math.floor(now)
    this.holdUntil = maxHoldMs === Infinity ? undefined : now + maxHoldMs
    this.keepUntil = minHoldMs === 0 ? undefined : now + minHoldMs
  }

  #watch(sentAt: number, validMs: number): void {
    // Renew when two thirds of a ttl are left, so that a lease extended by hand is not cut short.
    this.wakeAt(this.term.renew ? sentAt + validMs - (Math.min(validMs, this.claim.ttlMs) * 2) / 3 : Infinity)
  }

  #lost(why: string): LockError {
    return new LockError('LOCK_LOST', `the lease on ${quote(this.claim.name)} is lost: ${why}`)
  }
}
