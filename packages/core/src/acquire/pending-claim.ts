import type { Claim, Granted, Refused, TurnGranted } from '../backend.js'
import type { Reading } from '../hold/deadline.js'
import { Hold } from '../hold/hold.js'
import type { ReleaseResult } from '../lease.js'
import { newOwnerToken } from '../owner-token.js'
import { checkAcquireOutcome } from '../store/answers.js'
import { type CallFailure, type CallOwner, callStore, isCallFailure } from '../store/call.js'
import type { Notifiable } from '../store/notifications.js'
import { releaseAtStore } from '../store/release.js'
import { runInBackground } from '../timers/background.js'
import { Sleep } from '../timers/sleep.js'
import type { Acquisition } from './acquisition.js'

/** How long a refused claim keeps its place in line without being refreshed. */
export const PLACE_MS = 3_000
/** A notification that led to nothing makes the next one wait this long: forged ones must not cause a storm. */
const FRUITLESS_MS = 10

/** What the store last said of a claim. */
export type ClaimState =
  | { readonly is: 'unasked' }
  | { readonly is: 'granted'; readonly answer: Granted; readonly askedAt: Reading }
  | { readonly is: 'refused'; readonly answer: Refused; readonly askedAt: Reading }
  /** The last call had no certain answer, or was certainly not executed. */
  | { readonly is: 'failed'; readonly failure: CallFailure }

/** A hold that was granted, with its first fence. */
interface Taken {
  readonly hold: Hold
  readonly fence: number | null
}

/**
 * One owner that asks for one name. It remembers what the store said, what may still be executed there, and whether a
 * grant was announced, so that nothing can be left behind when it is abandoned.
 */
export class PendingClaim implements Notifiable, CallOwner<unknown> {
  readonly claim: Claim
  state: ClaimState = { is: 'unasked' }
  /** Whether the store keeps a place for it, as far as is known. */
  hasPlace = false
  /** The store has not refused the claim for certain since a call with an unknown outcome. */
  mayBeGranted = false
  readonly #acquisition: Acquisition
  /** A call was left without a certain answer: whatever was answered since, it may be executed yet. */
  #mayStillExecute = false
  /** Calls that were given up and that have not settled. */
  #unanswered = 0
  /** Whether the store knew where to send a notification when it was last asked. */
  #subscribed = false
  /** The store's word that it has granted the claim since it was last asked. */
  #announced: TurnGranted['granted']
  #sleep: Sleep | undefined
  /** A notification has arrived since the last call was made. */
  #notified = false
  /** No notification is followed before this time. */
  #notBefore = -Infinity
  #abandoned = false
  /** What it was granted. */
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

  /** How many calls may still be executed that nobody waits for. */
  get hasUnanswered(): boolean {
    return this.#unanswered > 0
  }

  /** Asks the store once. What it said is in {@link state}. */
  async ask(askedAt: Reading): Promise<void> {
    const { engine, budget, settings } = this.#acquisition
    this.#beforeCall(askedAt.now)
    const until = Math.min(askedAt.now + settings.terms.timeoutMs, budget.until)
    const answer = await callStore(
      (call) => engine.backend.acquire(this.claim, call),
      { timers: engine.waitTimers, until },
      checkAcquireOutcome,
      this,
    )
    if (!isCallFailure(answer)) {
      this.mayBeGranted = false
      if (answer.acquired) {
        this.state = { is: 'granted', answer, askedAt }
      } else {
        this.hasPlace = answer.ahead !== null
        this.state = { is: 'refused', answer, askedAt }
      }
      return
    }
    if (answer.executed === 'unknown') this.mayBeGranted = this.#mayStillExecute = true
    if (answer.unanswered) this.#unanswered++
    this.state = { is: 'failed', failure: answer }
  }

  onCallStarted(call: { interrupt(): void }): void {
    this.#acquisition.onCallStarted(call)
  }

  onLateAnswer(): void {
    this.#unanswered--
    if (this.#unanswered === 0) this.#stragglers?.interrupt()
    // Release again: if the late call was granted this frees the name, if not it does nothing.
    const hold = this.#hold
    if (this.#abandoned || (hold?.ended !== undefined && !hold.continues)) void this.#release()
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
    // Where attempts are counted, only a grant is worth one; the caller's backoff decides about the others.
    if (turn === undefined && this.#acquisition.settings.maxAttempts !== Infinity) return
    this.#notified = true
    this.#announced ??= turn?.granted
    if (this.#sleep !== undefined) this.#wake(this.#sleep)
  }

  /** Sees to it that notifications are sent for this claim from the next call on. Answers whether asking again helps. */
  subscribe(): boolean {
    const { notifications } = this.#acquisition.engine
    notifications.subscribe(this.claim.owner, this)
    notifications.start()
    return notifications.active()
  }

  /** Takes what the store has granted. Answers `null` when it did not, and when it is too late or not wanted any more. */
  takeGranted(): Taken | null {
    if (this.state.is !== 'granted') return null
    const { answer, askedAt } = this.state
    const hold = this.#acquisition.aborted === undefined ? this.#begin(answer, askedAt) : null
    if (hold !== null) return { hold, fence: answer.fence }
    this.#mayStillExecute = true
    return null
  }

  /**
   * Takes a grant that the store has announced since it refused the claim; `null` when it has to be asked. The grant
   * lasts as long as the place that was kept by the refused call: the store ends it there unless it is confirmed, which
   * the first renewal does.
   */
  takeAnnounced(): Taken | null {
    const { engine, settings } = this.#acquisition
    const announced = this.#announced
    if (announced === undefined || this.state.is !== 'refused') return null
    if (!settings.terms.renew || this.mayBeGranted || this.#unanswered > 0) return null
    const { askedAt } = this.state
    const validMs = Math.min(PLACE_MS, settings.ttlMs)
    if (engine.clock.now() - askedAt.now > validMs / 2) return null
    const hold = this.#begin({ acquired: true, validMs, fence: announced.fence }, askedAt, validMs)
    return hold && { hold, fence: announced.fence }
  }

  /** Gives up whatever the owner has, or may yet get, at the store. */
  abandon(): void {
    const { engine, settings } = this.#acquisition
    engine.notifications.unsubscribe(this.claim.owner)
    this.#abandoned = true
    if (this.#unanswered > 0) {
      this.#stragglers = new Sleep(engine.waitTimers, engine.clock.now() + settings.terms.timeoutMs)
      runInBackground(engine, this.#stragglers.done)
    }
    if (!this.#mayStillExecute && !this.hasPlace) return
    const acquisition = this.#acquisition
    acquisition.released = Promise.all([acquisition.released, this.#stragglers?.done, this.#release()])
  }

  #begin(granted: Granted, askedAt: Reading, askedMs?: number): Hold | null {
    const { engine, settings, storeOnly } = this.#acquisition
    const hold = new Hold(engine, this.claim, settings.terms)
    if (storeOnly !== undefined) hold.handOvers = Infinity
    if (!hold.begin(askedAt, granted.validMs, askedMs)) return null
    const spare = (this.claim.fences ?? 1) - 1
    if (granted.fence !== null && spare > 0) hold.spareFences = { next: granted.fence + 1, left: spare }
    if (this.claim.lineMs !== undefined) engine.notifications.unsubscribe(this.claim.owner)
    engine.names.add(hold, this.#acquisition)
    this.#hold = hold
    // The name may have been taken between the grant and this moment.
    if (engine.lossChecks.mayBeTakenSince(this.claim.name, askedAt.now)) engine.lossChecks.check(this.claim.name)
    return hold
  }

  #beforeCall(now: number): void {
    if (this.#notified) this.#notBefore = now + FRUITLESS_MS
    this.#notified = false
    this.#announced = undefined
    // It listens before it asks: the answer may be overtaken by the notification that follows it.
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
    const released = releaseAtStore({
      claim,
      terms: settings.terms,
      takenUntil: undefined,
      host: engine,
      mayBeHeld: () => true,
    })
    runInBackground(engine, released)
    return released
  }
}

function claimOf({ engine, name, settings, storeOnly }: Acquisition): Claim {
  const { mode, limit, ttlMs, maxAttempts, steal, once } = settings
  const { line, fencing } = engine.backend.capabilities
  const owner = newOwnerToken(storeOnly?.label ?? engine.label)
  if (steal) return { name, owner, ttlMs, mode, limit, steal }
  if (!line || once || maxAttempts === 1) return { name, owner, ttlMs, mode, limit }
  const fences = fencing ? engine.names.fencesToReserve(name) : 1
  if (fences > 1) return { name, owner, ttlMs, mode, limit, lineMs: PLACE_MS, fences }
  return { name, owner, ttlMs, mode, limit, lineMs: PLACE_MS }
}
