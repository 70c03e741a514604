import type { Acquisition } from './acquisition.js'
import type { Latecomer } from './attempt.js'
import type { Claim } from './backend.js'
import { type Engine, inBackground } from './engine.js'
import { Pause } from './pause.js'
import type { Want } from './pursuit.js'
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
  /** Calls that we no longer wait for and that have not settled. */
  pending = 0
  /** The store keeps a place for it. */
  inLine = false
  readonly #engine: Engine
  #pause: Pause | undefined
  /** Lasts, within bounds, until the calls that we no longer wait for have settled. */
  #stragglers: Pause | undefined
  /** A hint has arrived since the last call to the store was made. */
  #hinted = false
  /** No hint is followed before this time. */
  #notBefore = 0

  constructor(engine: Engine, want: Want) {
    const { name, mode, limit, ttlMs } = want
    const owner = mintOwner(engine.label)
    const waits = want.maxAttempts > 1 && engine.backend.capabilities.line
    const claim: Claim = waits
      ? { name, owner, ttlMs, mode, limit, lineMs: LINE_MS }
      : { name, owner, ttlMs, mode, limit }
    this.#engine = engine
    this.tenure = new Tenure(engine, claim, want.term)
  }

  /** The store is about to be asked. */
  asking(sentAt: number): void {
    if (this.#hinted) this.#notBefore = sentAt + FRUITLESS_HINT_MS
    this.#hinted = false
  }

  /** Waits until a time, or until a hint or the end of the acquisition. */
  async sleep(until: number, acquisition: Acquisition): Promise<void> {
    const pause = new Pause(this.#engine.waits, until)
    this.#pause = pause
    if (this.#hinted) pause.hasten(this.#notBefore)
    acquisition.waitFor(pause)
    await pause.done
    this.#pause = undefined
  }

  wake(): void {
    this.#hinted = true
    this.#pause?.hasten(this.#notBefore)
  }

  settledLate(): void {
    this.pending--
    if (this.pending === 0) this.#stragglers?.interrupt()
    // Whether that call was executed or not: nothing can follow from it after this release.
    if (this.tenure.state === 'ended') this.tenure.abandon()
  }

  /** Gives back whatever the owner has, or may yet get, at the store. */
  letGo(): void {
    const { clock, turns, waits } = this.#engine
    turns.forget(this.tenure.claim.owner)
    if (this.pending > 0) {
      this.#stragglers = new Pause(waits, clock.now() + this.tenure.term.timeoutMs)
      inBackground(this.#engine, this.#stragglers.done)
    }
    if (this.uncertain || this.pending > 0 || this.inLine) this.tenure.abandon()
    else this.tenure.leave()
  }
}
