import type { Acquisition } from './acquisition.js'
import type { Latecomer } from './attempt.js'
import type { Claim, Turn } from './backend.js'
import { inBackground } from './background.js'
import type { HeldLease } from './held-lease.js'
import { Pause } from './pause.js'
import { Tenure } from './tenure.js'
import { mintOwner } from './token.js'
import type { Sleeper } from './turns.js'

/** How long a refused claim keeps its place in line without being refreshed. */
export const LINE_MS = 3_000
/** A hint that led to nothing makes the next one wait this long: forged ones must not cause a storm. */
const FRUITLESS_HINT_MS = 10

/** One owner that an acquisition asks for, and what may still happen to it at the store. */
export class Sought implements Latecomer, Sleeper {
  readonly tenure: Tenure
  /** The last word from the store left open whether the claim was granted. */
  uncertain = false
  /** Some call was left unresolved: whatever was answered since, it may be executed yet. */
  unresolved = false
  /** Calls that we no longer wait for and that have not settled. */
  pending = 0
  /** The store keeps a place for it. */
  inLine = false
  /** The store knew where to tell of a grant when it was last asked. */
  listening: boolean = false
  /** The store's word that the claim was granted since it was last asked. */
  granted: Turn['granted']
  readonly #acquisition: Acquisition
  #pause: Pause | undefined
  /** Lasts, within bounds, until the calls that we no longer wait for have settled. */
  #stragglers: Pause | undefined
  /** A hint has arrived since the last call to the store was made. */
  #hinted = false
  /** No hint is followed before this time. */
  #notBefore = -Infinity

  constructor(acquisition: Acquisition) {
    const { engine, settings } = acquisition
    this.#acquisition = acquisition
    this.tenure = new Tenure(engine, claimOf(acquisition), settings.term)
    acquisition.owner = this.tenure.claim.owner
  }

  /** The store is about to be asked. */
  asking(sentAt: number): void {
    if (this.#hinted) this.#notBefore = sentAt + FRUITLESS_HINT_MS
    this.#hinted = false
    this.granted = undefined
    this.#acquisition.doubted = false
    // Listens before it asks: the answer to the question may be overtaken by the turn that follows it.
    const { turns } = this.#acquisition.engine
    this.listening = this.tenure.claim.lineMs !== undefined && turns.ready()
    if (this.listening) turns.expect(this.tenure.claim.owner, this)
  }

  /** Waits until a time, or until a hint or the end of the acquisition. */
  async sleep(until: number): Promise<void> {
    const pause = new Pause(this.#acquisition.engine.waits, until)
    this.#pause = pause
    if (this.#hinted) this.#hasten(pause)
    this.#acquisition.waitFor(pause)
    await pause.done
    this.#pause = undefined
  }

  wake(turn?: Turn): void {
    // A mere "ask again" is not for those whose attempts are counted.
    if (turn === undefined && this.#acquisition.settings.maxAttempts !== Infinity) return
    this.#hinted = true
    // Of one who may be granted already, it may mean that this has been taken away.
    if (turn !== undefined && (this.granted !== undefined || this.#pause === undefined))
      this.#acquisition.doubted = true
    this.granted ??= turn?.granted
    if (this.#pause !== undefined) this.#hasten(this.#pause)
  }

  #hasten(pause: Pause): void {
    // A timer of no time at all would be one of a millisecond.
    if (this.granted !== undefined || this.#notBefore <= this.#acquisition.engine.clock.now()) pause.interrupt()
    else pause.hasten(this.#notBefore)
  }

  /**
   * Takes a grant that the store told of since it refused the call made at `sentAt`; false when it has to be asked
   * for. It lasts at least as long as the place that was kept by that call, for the store ends a grant that nobody
   * confirms where the place would have ended. Renewal confirms it.
   */
  takeTurn(sentAt: number, sentAtWall: number): boolean {
    const { engine, settings } = this.#acquisition
    const { granted, tenure } = this
    if (granted === undefined || !settings.term.renew || this.uncertain || this.pending > 0) return false
    const validMs = Math.min(LINE_MS, settings.ttlMs)
    if (engine.clock.now() - sentAt > validMs / 2) return false
    if (this.unresolved) tenure.mayBeCutTo(settings.ttlMs)
    return tenure.grant({ acquired: true, validMs, fence: granted.fence }, sentAt, sentAtWall, validMs)
  }

  /** It is granted. */
  found(fence: number | null, attempts: number): HeldLease {
    const { engine, direct, doubted } = this.#acquisition
    const { name, owner } = this.tenure.claim
    if (this.listening || this.inLine) engine.turns.forget(owner)
    if (direct === undefined) engine.lines.occupy(this.tenure, this.#acquisition)
    // It may have been taken between the grant and this moment.
    if (doubted) engine.doubts.raise({ name, owner })
    return this.#acquisition.granted(this.tenure, fence, attempts)
  }

  settledLate(): void {
    this.pending--
    if (this.pending === 0) this.#stragglers?.interrupt()
    // Whether that call was executed or not: nothing can follow from it after this release.
    if (this.tenure.state === 'ended') void this.tenure.abandon()
  }

  /** Gives back whatever the owner has, or may yet get, at the store. */
  letGo(): void {
    const { engine } = this.#acquisition
    const { clock, turns, waits } = engine
    turns.forget(this.tenure.claim.owner)
    if (this.pending > 0) {
      this.#stragglers = new Pause(waits, clock.now() + this.tenure.term.timeoutMs)
      inBackground(engine, this.#stragglers.done)
    }
    if (!this.unresolved && !this.inLine) return this.tenure.leave()
    const givingBack = this.tenure.abandon()
    this.#acquisition.gone = Promise.all([this.#acquisition.gone, this.#stragglers?.done, givingBack])
  }
}

function claimOf({ engine, name, settings, once, direct }: Acquisition): Claim {
  const { mode, limit, ttlMs, maxAttempts, steal } = settings
  const { line, fencing } = engine.backend.capabilities
  const owner = mintOwner(direct?.label ?? engine.label)
  if (steal) return { name, owner, ttlMs, mode, limit, steal }
  const waits = line && !once && maxAttempts > 1
  const fences = waits && fencing ? engine.lines.fencesFor(name) : 1
  if (fences > 1) return { name, owner, ttlMs, mode, limit, lineMs: LINE_MS, fences }
  return waits ? { name, owner, ttlMs, mode, limit, lineMs: LINE_MS } : { name, owner, ttlMs, mode, limit }
}
