import type { Acquisition } from './acquisition.js'
import type { LateListener } from '../store/call.js'
import type { Claim, Turn, TurnGranted } from '../backend.js'
import { runInBackground } from '../timers/background.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { Sleep } from '../timers/sleep.js'
import { Hold } from '../hold/hold.js'
import { newOwnerToken } from '../owner-token.js'
import type { Notifiable } from '../store/notifications.js'

/** How long a refused claim keeps its place in line without being refreshed. */
export const PLACE_MS = 3_000
/** A hint that led to nothing makes the next one wait this long: forged ones must not cause a storm. */
const FRUITLESS_HINT_MS = 10

/** One owner that an acquisition asks for, and what may still happen to it at the store. */
export class PendingClaim implements LateListener, Notifiable {
  readonly hold: Hold
  /** The last word from the store left open whether the claim was granted. */
  lastOutcomeUnknown = false
  /** Some call was left unresolved: whatever was answered since, it may be executed yet. */
  mayStillExecute = false
  /** Calls that we no longer wait for and that have not settled. */
  unanswered = 0
  /** The store keeps a place for it. */
  hasPlace = false
  /** The store knew where to tell of a grant when it was last asked. */
  notified: boolean = false
  /** The store's word that the claim was granted since it was last asked. */
  granted: TurnGranted['granted']
  readonly #acquisition: Acquisition
  #pause: Sleep | undefined
  /** Lasts, within bounds, until the calls that we no longer wait for have settled. */
  #stragglers: Sleep | undefined
  /** A hint has arrived since the last call to the store was made. */
  #hinted = false
  /** No hint is followed before this time. */
  #notBefore = -Infinity

  constructor(acquisition: Acquisition) {
    const { engine, settings } = acquisition
    this.#acquisition = acquisition
    this.hold = new Hold(engine, claimOf(acquisition), settings.term)
    acquisition.owner = this.hold.claim.owner
  }

  /** The store is about to be asked. */
  beforeCall(sentAt: number): void {
    if (this.#hinted) this.#notBefore = sentAt + FRUITLESS_HINT_MS
    this.#hinted = false
    this.granted = undefined
    this.#acquisition.mayBeLost = false
    // Listens before it asks: the answer to the question may be overtaken by the turn that follows it.
    const { notifications: turns } = this.#acquisition.engine
    this.notified = this.hold.claim.lineMs !== undefined && turns.active()
    if (this.notified) turns.subscribe(this.hold.claim.owner, this)
  }

  /** Waits until a time, or until a hint or the end of the acquisition. */
  async sleep(until: number): Promise<void> {
    const pause = new Sleep(this.#acquisition.engine.waitTimers, until)
    this.#pause = pause
    if (this.#hinted) this.#hasten(pause)
    this.#acquisition.onCallStarted(pause)
    await pause.done
    this.#pause = undefined
  }

  notify(turn?: Turn): void {
    // A mere "ask again" is not for those whose attempts are counted.
    if (turn === undefined && this.#acquisition.settings.maxAttempts !== Infinity) return
    this.#hinted = true
    // Of one who may be granted already, it may mean that this has been taken away.
    if (turn !== undefined && (this.granted !== undefined || this.#pause === undefined))
      this.#acquisition.mayBeLost = true
    if (turn?.type === 'turn') this.granted ??= turn.granted
    if (this.#pause !== undefined) this.#hasten(this.#pause)
  }

  #hasten(pause: Sleep): void {
    // A timer of no time at all would be one of a millisecond.
    if (this.granted !== undefined || this.#notBefore <= this.#acquisition.engine.clock.now()) pause.interrupt()
    else pause.wakeBy(this.#notBefore)
  }

  /**
   * Takes a grant that the store told of since it refused the call made at `sentAt`; false when it has to be asked
   * for. It lasts at least as long as the place that was kept by that call, for the store ends a grant that nobody
   * confirms where the place would have ended. Renewal confirms it.
   */
  acceptGrant(sentAt: number, sentAtWall: number): boolean {
    const { engine, settings } = this.#acquisition
    const { granted, hold } = this
    if (granted === undefined || !settings.term.renew || this.lastOutcomeUnknown || this.unanswered > 0) return false
    const validMs = Math.min(PLACE_MS, settings.ttlMs)
    if (engine.clock.now() - sentAt > validMs / 2) return false
    if (this.mayStillExecute) hold.capValidity(settings.ttlMs)
    return hold.start({ acquired: true, validMs, fence: granted.fence }, sentAt, sentAtWall, validMs)
  }

  /** It is granted. */
  complete(fence: number | null, attempts: number): LeaseHandle {
    const { engine, direct, mayBeLost: doubted } = this.#acquisition
    const { name, owner } = this.hold.claim
    if (this.notified || this.hasPlace) engine.notifications.unsubscribe(owner)
    if (direct === undefined) engine.queues.setHold(this.hold, this.#acquisition)
    // It may have been taken between the grant and this moment.
    if (doubted) engine.lossChecks.check(name, owner)
    return this.#acquisition.toLease(this.hold, fence, attempts)
  }

  onLateAnswer(): void {
    this.unanswered--
    if (this.unanswered === 0) this.#stragglers?.interrupt()
    // Whether that call was executed or not: nothing can follow from it after this release.
    if (this.hold.state === 'ended') void this.hold.abandon()
  }

  /** Gives back whatever the owner has, or may yet get, at the store. */
  abandon(): void {
    const { engine } = this.#acquisition
    const { clock, notifications: turns, waitTimers: waits } = engine
    turns.unsubscribe(this.hold.claim.owner)
    if (this.unanswered > 0) {
      this.#stragglers = new Sleep(waits, clock.now() + this.hold.term.timeoutMs)
      runInBackground(engine, this.#stragglers.done)
    }
    if (!this.mayStillExecute && !this.hasPlace) return this.hold.leave()
    const givingBack = this.hold.abandon()
    this.#acquisition.gone = Promise.all([this.#acquisition.gone, this.#stragglers?.done, givingBack])
  }
}

function claimOf({ engine, name, settings, once, direct }: Acquisition): Claim {
  const { mode, limit, ttlMs, maxAttempts, steal } = settings
  const { line, fencing } = engine.backend.capabilities
  const owner = newOwnerToken(direct?.label ?? engine.label)
  if (steal) return { name, owner, ttlMs, mode, limit, steal }
  const waits = line && !once && maxAttempts > 1
  const fences = waits && fencing ? engine.queues.fencesToReserve(name) : 1
  if (fences > 1) return { name, owner, ttlMs, mode, limit, lineMs: PLACE_MS, fences }
  return waits ? { name, owner, ttlMs, mode, limit, lineMs: PLACE_MS } : { name, owner, ttlMs, mode, limit }
}
