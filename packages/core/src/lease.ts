import type { LockMode } from './backend.js'
import { isFailure } from './attempt.js'
import { LockError } from './errors.js'
import { extendTogether } from './extension.js'
import type { ReleaseResult } from './give-back.js'
import { tell } from './observer.js'
import { checkSpan, checkTtl } from './checks.js'
import { Pause } from './pause.js'
import { quote } from './quote.js'
import { reasonOf, withoutSecret } from './redact.js'
import type { Holder, Tenure } from './tenure.js'
import { writeTicket } from './ticket.js'

/** A name held until it is released, or lost. */
export interface Lease extends AsyncDisposable {
  readonly name: string
  /** All names of the lease. */
  readonly names: readonly string[]
  readonly mode: LockMode
  /** The secret token. Never printed by `inspect`, JSON, errors or events. */
  readonly owner: string
  /**
   * The fencing token: greater for each later holder of the name. Hand it to what the lock protects, and let
   * that refuse what is older than the newest it has seen. `null` when the backend has no fences.
   */
  readonly fence: number | null
  /**
   * Aborts when the lease is lost; `signal.reason` is the `LOCK_LOST` error, or `LOCK_CLOSED` when the locker
   * was closed under its holder. Stays quiet on an ordinary release.
   */
  readonly signal: AbortSignal
  /** Whether the lease is held at this moment, by the clocks. Once false, always false. */
  readonly held: boolean
  /** How long it is surely held, in milliseconds, by the local clocks; 0 when not held. */
  readonly remainingMs: number
  /**
   * Throws unless the lease is held, and surely for `minRemainingMs` more.
   * @throws `LOCK_LOST`, also when the lease is held but has less than `minRemainingMs` left: `held` tells the two apart
   */
  assertHeld(minRemainingMs?: number): void
  /**
   * Extends the lease to `ttlMs` from now; without it, to the lease's own ttl.
   * @throws `LOCK_LOST` when it is not held any more; `LOCK_INDETERMINATE` when the store gave no certain answer,
   * the lease then lives on to its old deadline; `LOCK_BACKEND` when the store refused.
   */
  extend(ttlMs?: number): Promise<void>
  /**
   * An opaque, secret text with which {@link Locker.resume} continues the lease elsewhere. Ends this handle;
   * the lease lives on until its deadline.
   * @throws `LOCK_LOST` when it is not held any more.
   */
  ticket(): string
  /** Gives the lease up. Never rejects, and a second call answers the same. */
  release(): Promise<ReleaseResult>
}

const FIRST_RETRY_MS = 10
/** A lease on one name. A class, for thousands are held at once and its methods should exist once. */
export class SingleLease implements Lease, Holder {
  readonly fence: number | null
  readonly #tenure: Tenure
  readonly #since: number
  #controller: AbortController | undefined
  #ended: LockError | 'released' | undefined
  #releasing: Promise<ReleaseResult> | undefined

  /** @param since when it was granted or handed over, on the monotonic clock. */
  constructor(tenure: Tenure, fence: number | null, since: number) {
    this.fence = fence
    this.#tenure = tenure
    this.#since = Math.floor(since)
    tenure.holder = this
  }

  get name(): string {
    return this.#tenure.claim.name
  }

  get mode(): LockMode {
    return this.#tenure.claim.mode
  }

  get names(): readonly string[] {
    return [this.name]
  }

  get owner(): string {
    return this.#tenure.claim.owner
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.lossReason !== undefined) this.#controller.abort(this.lossReason)
    }
    return this.#controller.signal
  }

  get held(): boolean {
    return this.#ended === undefined && this.#tenure.isHeld()
  }

  get remainingMs(): number {
    return this.held ? this.#tenure.left() : 0
  }

  /** Why it ended under its holder, if it did. */
  get lossReason(): LockError | undefined {
    return this.held || this.#ended === 'released' ? undefined : this.#ended
  }

  assertHeld(minRemainingMs: number = 0): void {
    checkSpan('minRemainingMs', minRemainingMs)
    if (!this.held) throw this.#notHeld()
    if (this.remainingMs < minRemainingMs) {
      const rest = Math.floor(this.remainingMs)
      throw new LockError(
        'LOCK_LOST',
        `the lease on ${quote(this.name)} has ${rest} ms left, ${minRemainingMs} were asked for`,
      )
    }
  }

  async extend(ttlMs: number = this.#tenure.claim.ttlMs): Promise<void> {
    checkTtl(ttlMs)
    const tenure = this.#tenure
    const { engine, term } = tenure
    const { clock, waits } = engine
    const until = clock.now() + term.timeoutMs
    for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
      while (tenure.extending !== undefined) await tenure.extending
      if (!this.held) throw this.#notHeld()
      const [extension] = await extendTogether(engine, [tenure], { alarms: waits, until, ttlMs })
      if (!this.held) throw this.#notHeld()
      const { name, mode } = this
      if (!isFailure(extension)) {
        return tell(engine.observer, 'renewed', () => ({ name, mode, remainingMs: tenure.left() }))
      }
      tenure.wakeAt(clock.now() + delayMs)
      if (!extension.retryable || clock.now() + delayMs >= until) {
        const cause = withoutSecret(extension.cause, tenure.claim.owner)
        const code = extension.executed === 'no' ? 'LOCK_BACKEND' : 'LOCK_INDETERMINATE'
        throw new LockError(code, `the lease on ${quote(name)} was not extended: ${reasonOf(cause)}`, { cause })
      }
      await new Pause(waits, clock.now() + delayMs).done
    }
  }

  ticket(): string {
    if (!this.held) throw this.#notHeld()
    this.#ended = 'released'
    this.#tenure.leave()
    return writeTicket(this.#tenure, this.fence)
  }

  release(): Promise<ReleaseResult> {
    this.#releasing ??= this.#release()
    return this.#releasing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  /** Gives up a lease that nobody has come to hold, at once. */
  discard(): Promise<ReleaseResult> {
    this.#tenure.keepUntil = undefined
    return this.release()
  }

  lost(reason: LockError): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    const { name, mode } = this
    tell(this.#tenure.engine.observer, 'lost', () => ({ name, mode, heldMs: this.#heldMs(), reason }))
    this.#controller?.abort(reason)
  }

  toJSON(): object {
    const { name, mode, fence, held, remainingMs } = this
    return { name, mode, fence, held, remainingMs }
  }

  #release(): Promise<ReleaseResult> {
    if (!this.held) return Promise.resolve('expired')
    this.#ended = 'released'
    const { name, mode } = this
    const tenure = this.#tenure
    tell(tenure.engine.observer, 'released', () => ({ name, mode, heldMs: this.#heldMs() }))
    const passing = tenure.engine.lines.passOn(tenure)
    if (typeof passing === 'boolean') return passing ? Promise.resolve('released') : tenure.release()
    return passing.then((passed) => {
      // It may have ended while fences were reserved for the next holder.
      if (passed) return 'released'
      return tenure.isHeld() ? tenure.release() : 'expired'
    })
  }

  #heldMs(): number {
    return this.#tenure.engine.clock.now() - this.#since
  }

  #notHeld(): LockError {
    const why = this.lossReason
    if (why?.code === 'LOCK_LOST') return why
    const message = `the lease on ${quote(this.name)} is not held any more: it was ${why === undefined ? 'released' : 'ended by close()'}`
    return new LockError('LOCK_LOST', message, why === undefined ? undefined : { cause: why })
  }
}

// Shown by console.log in Node as in JSON: without the owner.
Object.defineProperty(SingleLease.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: SingleLease): object {
    return this.toJSON()
  },
})
