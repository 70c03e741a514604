import type { AcquireOutcome, CallOptions, Claim, Granted, Refused, TurnGranted } from '../backend.js'
import type { Reading } from '../hold/deadline.js'
import { Hold, readClocks } from '../hold/hold.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { ReleaseResult } from '../lease.js'
import { checkAcquireOutcome, isFence } from '../store/answers.js'
import { type CallFailure, isCallFailure, startCall, type StoreCall } from '../store/call.js'
import type { Notifiable } from '../store/notifications.js'
import { releaseAtStore } from '../store/release.js'
import { runInBackground } from '../timers/background.js'
import { Sleep } from '../timers/sleep.js'
import type { Acquisition } from './acquisition.js'
import { claimOf, inLine, PLACE_MS } from './claim-of.js'

/** A notification that led to nothing makes the next one wait this long: forged ones must not cause a flood of calls. */
const FRUITLESS_MS = 10
/** Before the first call. A validity that is counted from here is over. */
const NOT_YET: Reading = { now: -Infinity, wall: -Infinity }

/** The last answer of the store to a claim. */
export type ClaimState =
  | { readonly is: 'unasked' }
  | { readonly is: 'granted'; readonly answer: Granted }
  | { readonly is: 'refused'; readonly answer: Refused }
  /** The last call had no certain answer, or was certainly not executed. */
  | { readonly is: 'failed'; readonly failure: CallFailure }

/**
 * A claim of an owner on a name. It remembers the answer of the store, the calls that may still be executed there, and
 * an announced grant, so that nothing is left behind when it is abandoned.
 */
export class PendingClaim implements Notifiable, StoreCall<AcquireOutcome> {
  claim: Claim
  state: ClaimState = { is: 'unasked' }
  /** Whether the store keeps a place for it, as far as is known. */
  hasPlace = false
  /** A call since the last certain refusal has an unknown outcome: the store may have granted the claim. */
  mayBeGranted = false
  readonly #acquisition: Acquisition
  /** A call was left without a certain answer: it may be executed yet, even if a later call was answered. */
  #mayStillExecute = false
  /** Calls that were given up and that have not settled. */
  #unanswered = 0
  /** Whether the store knew where to send a notification when it was last asked. */
  #subscribed = false
  /** The grant that a notification has announced since the last call. */
  #announced: TurnGranted['granted']
  #sleep: Sleep | undefined
  /** A notification has arrived since the last call was made. */
  #notified = false
  /** No notification is followed before this time. */
  #notBefore = -Infinity
  /** When the present call was made, and what its answer resolves. */
  #askedAt: Reading = NOT_YET
  #onAnswered: (() => void) | undefined
  #abandoned = false
  /** The hold that was granted. */
  #hold: Hold | undefined
  /** Lasts, within bounds, until the calls that were given up have settled. */
  #stragglers: Sleep | undefined

  constructor(acquisition: Acquisition) {
    this.#acquisition = acquisition
    this.claim = claimOf(acquisition)
  }

  /** Whether a notification is on its way when the claim is granted. */
  get isSubscribed(): boolean {
    return this.#subscribed && this.hasPlace
  }

  /** Whether a call that was given up may still be executed. */
  get hasUnanswered(): boolean {
    return this.#unanswered > 0
  }

  /** From now on it asks for a place in line, as the same owner. */
  joinLine(): void {
    this.claim = inLine(this.claim, this.#acquisition)
  }

  /** Makes one call to the store. Its answer is in {@link state}. */
  ask(): Promise<void> {
    const { engine, budget, settings } = this.#acquisition
    const askedAt = readClocks(engine)
    if (settings.observed !== undefined) settings.observed.attempts++
    this.#beforeCall(askedAt.now)
    this.#askedAt = askedAt
    return new Promise((resolve) => {
      this.#onAnswered = resolve
      startCall(this, engine.waitTimers, Math.min(askedAt.now + settings.terms.timeoutMs, budget.until))
    })
  }

  send(options: CallOptions): Promise<AcquireOutcome> {
    return this.#acquisition.engine.backend.acquire(this.claim, options)
  }

  check(answer: AcquireOutcome): void {
    checkAcquireOutcome(answer)
  }

  onAnswer(answer: AcquireOutcome | CallFailure): void {
    if (isCallFailure(answer)) {
      if (answer.executed === 'unknown') this.mayBeGranted = this.#mayStillExecute = true
      if (answer.unanswered) this.#unanswered++
      this.state = { is: 'failed', failure: answer }
    } else {
      this.mayBeGranted = false
      if (!answer.acquired) this.hasPlace = answer.ahead !== null
      this.state = answer.acquired ? { is: 'granted', answer } : { is: 'refused', answer }
    }
    this.#onAnswered?.()
  }

  onCallStarted(call: { interrupt(): void }): void {
    this.#acquisition.onCallStarted(call)
  }

  onLateAnswer(): void {
    this.#unanswered--
    if (this.#unanswered === 0) this.#stragglers?.interrupt()
    // Release again: if the late call was granted this frees the name, if not it does nothing.
    const hold = this.#hold
    if (this.#abandoned || (hold?.ended !== undefined && !hold.isTicketed)) void this.#release()
  }

  /** Waits until a time, a notification, or the end of the acquisition. */
  async sleep(until: number): Promise<void> {
    const sleep = new Sleep(this.#acquisition.engine.waitTimers, until)
    this.#sleep = sleep
    if (this.#notified) this.#wake(sleep)
    this.#acquisition.onCallStarted(sleep)
    await sleep.done
    this.#sleep = undefined
  }

  notify(turn?: TurnGranted): void {
    // Where attempts are counted, only a message of the store is worth one, not the news that the watch stands.
    if (turn === undefined && this.#acquisition.settings.maxAttempts !== Infinity) return
    this.#notified = true
    // A message of the wrong shape is a hint and no more.
    if (isFence(turn?.granted?.fence)) this.#announced ??= turn?.granted
    if (this.#sleep !== undefined) this.#wake(this.#sleep)
  }

  /** Sees to it that notifications are sent for this claim from the next call on. Answers whether asking again helps. */
  subscribe(): boolean {
    const { notifications } = this.#acquisition.engine
    notifications.subscribe(this.claim.owner, this)
    notifications.start()
    return notifications.active()
  }

  /**
   * Makes a lease of the grant of the last call, in one step: a hold without a holder could end without a word. Answers
   * `null` without a grant, when it came too late, and after an abort.
   */
  takeGranted(attempts: number): LeaseHandle | null {
    if (this.state.is !== 'granted') return null
    const { answer } = this.state
    const hold = this.#acquisition.aborted === undefined ? this.#begin(answer) : null
    if (hold !== null) return this.#acquisition.toLease(hold, answer.fence, attempts)
    this.#mayStillExecute = true
    return null
  }

  /**
   * Makes a lease of a grant that the store has announced since it refused the claim; `null` when the store has to be
   * asked. The grant lasts as long as the place that was kept by the refused call: the store ends it there unless it is
   * confirmed, which the first renewal does. Too early for a name that is to stay taken even if the process ends at once.
   */
  takeAnnounced(attempts: number): LeaseHandle | null {
    const { engine, settings } = this.#acquisition
    const announced = this.#announced
    if (announced === undefined || this.state.is !== 'refused') return null
    if (!settings.terms.renew || settings.terms.minHoldMs > 0 || this.mayBeGranted || this.#unanswered > 0) return null
    const validMs = Math.min(PLACE_MS, settings.ttlMs)
    if (engine.clock.now() - this.#askedAt.now > validMs / 2) return null
    const hold = this.#begin({ acquired: true, validMs, fence: announced.fence }, validMs)
    return hold && this.#acquisition.toLease(hold, announced.fence, attempts)
  }

  /** Releases, once, the grant or the place that the owner has, or may yet get, at the store. */
  abandon(): void {
    if (this.#abandoned) return
    this.#abandoned = true
    const { engine, settings } = this.#acquisition
    engine.notifications.unsubscribe(this.claim.owner)
    if (this.#unanswered > 0) {
      this.#stragglers = new Sleep(engine.waitTimers, engine.clock.now() + settings.terms.timeoutMs)
      runInBackground(engine, this.#stragglers.done)
    }
    if (!this.#mayStillExecute && !this.hasPlace) return
    const acquisition = this.#acquisition
    acquisition.released = Promise.all([acquisition.released, this.#stragglers?.done, this.#release()])
  }

  #begin(granted: Granted, askedMs?: number): Hold | null {
    const { engine, settings, storeOnly } = this.#acquisition
    const now = readClocks(engine)
    const hold = new Hold(engine, this.claim, { terms: settings.terms, now })
    if (storeOnly !== undefined) hold.handOvers = Infinity
    if (!hold.begin({ sentAt: this.#askedAt, validMs: granted.validMs, askedMs, now })) return null
    const spare = (this.claim.fences ?? 1) - 1
    if (granted.fence !== null && spare > 0) hold.spareFences = { next: granted.fence + 1, left: spare }
    if (this.claim.lineMs !== undefined) engine.notifications.unsubscribe(this.claim.owner)
    engine.names.add(hold, this.#acquisition)
    this.#hold = hold
    // The name may have been taken between the grant and this moment.
    if (engine.lossChecks.mayBeTakenSince(this.claim.name, this.#askedAt.now)) engine.lossChecks.check(this.claim.name)
    return hold
  }

  #beforeCall(now: number): void {
    if (this.#notified) this.#notBefore = now + FRUITLESS_MS
    this.#notified = false
    this.#announced = undefined
    // Subscribe before the call: the notification may overtake the answer that it follows.
    const { notifications } = this.#acquisition.engine
    this.#subscribed = this.claim.lineMs !== undefined && notifications.active()
    if (this.#subscribed) notifications.subscribe(this.claim.owner, this)
  }

  #wake(sleep: Sleep): void {
    // `setTimeout(0)` waits at least 1 ms, so resolve at once.
    const { clock } = this.#acquisition.engine
    if (this.#announced !== undefined || this.#notBefore <= clock.now()) sleep.interrupt()
    else sleep.wakeBy(this.#notBefore)
  }

  #release(): Promise<ReleaseResult> {
    const { engine, settings } = this.#acquisition
    const { claim } = this
    return releaseAtStore({
      claim,
      terms: settings.terms,
      // A lease of this claim may have been released already, with its name kept taken.
      minHoldUntil: this.#hold?.minHoldUntil,
      host: engine,
      mayBeHeld: () => true,
    })
  }
}
