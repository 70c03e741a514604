import { checkSpan, checkTtl } from '../options/validation.js'
import { LockError } from '../errors/errors.js'
import { releaseHolder, detachHolder } from './release.js'
import type { LockMode } from '../backend.js'
import type { Lease, ReleaseResult } from '../lease.js'
import { extendLease } from './extend.js'
import { emit } from '../observer.js'
import { quoteName } from '../errors/messages.js'
import type { Holder } from '../hold/holders.js'
import type { Hold } from '../hold/hold.js'
import { encodeTicket } from './ticket.js'

type Fences = ReadonlyMap<string, number | null>

/**
 * A handle on what is held under one name, or under several. A class, for thousands are held at once and its methods
 * should exist once; and one hold is not wrapped in a list for the same reason.
 */
export class LeaseHandle implements Lease, Holder {
  readonly mode: LockMode
  readonly #held: Hold | readonly Hold[]
  readonly #fences: number | null | Fences
  readonly #since: number
  #controller: AbortController | undefined
  #ended: LockError | 'released' | undefined
  #releasing: Promise<ReleaseResult> | undefined

  /** @param since when it was granted or handed over, on the monotonic clock. */
  constructor(held: Hold | readonly Hold[], fences: number | null | Fences, since: number, mode: LockMode) {
    this.#held = held
    this.#fences = fences
    this.#since = Math.floor(since)
    this.mode = mode
  }

  /** What it holds at the store, or `undefined` for any other object. */
  static holdsOf(lease: unknown): readonly Hold[] | undefined {
    if (typeof lease !== 'object' || lease === null || !(#held in lease)) return undefined
    return lease.#all
  }

  get name(): string {
    return this.#first.claim.name
  }

  get names(): readonly string[] {
    return this.#all.map(({ claim }) => claim.name)
  }

  get owner(): string {
    return this.#first.claim.owner
  }

  get fence(): number | null {
    return this.#fences instanceof Map ? null : (this.#fences as number | null)
  }

  get fences(): Fences {
    return this.#fences instanceof Map ? this.#fences : new Map([[this.name, this.fence]])
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.lossReason !== undefined) this.#controller.abort(this.lossReason)
      else if (this.#ended === undefined) for (const hold of this.#all) hold.engine.lossChecks.watch(hold)
    }
    return this.#controller.signal
  }

  get wantsLossNotice(): boolean {
    return this.#controller !== undefined
  }

  get held(): boolean {
    return this.#ended === undefined && (isList(this.#held) ? this.#held.every(isHeld) : this.#held.isHeld())
  }

  get remainingMs(): number {
    return this.held ? Math.min(...this.#all.map((hold) => hold.remainingMs())) : 0
  }

  /** Why it ended under its holder, if it did. */
  get lossReason(): LockError | undefined {
    return this.held || this.#ended === 'released' ? undefined : this.#ended
  }

  assertHeld(minRemainingMs: number = 0): void {
    checkSpan('minRemainingMs', minRemainingMs)
    if (!this.held) throw this.notHeldError()
    if (this.remainingMs < minRemainingMs) {
      const rest = Math.floor(this.remainingMs)
      throw new LockError(
        'LOCK_LOST',
        `the lease on ${this.#quoted} has ${rest} ms left, ${minRemainingMs} were asked for`,
      )
    }
  }

  async extend(ttlMs?: number): Promise<void> {
    if (ttlMs !== undefined) checkTtl(ttlMs)
    await extendLease(this, this.#all, ttlMs)
  }

  ticket(): string {
    if (!this.held) throw this.notHeldError()
    const holds = this.#all
    if (holds.some(({ holder }) => holder !== this)) {
      throw new LockError('LOCK_UNSUPPORTED', `the lease on ${this.#quoted} is held through another handle too`)
    }
    this.#ended = 'released'
    for (const hold of holds) hold.leave()
    return encodeTicket(holds, this.fences)
  }

  release(): Promise<ReleaseResult> {
    // As in `work().finally(lease.release)`: the lease is not known then.
    if (this === undefined || !(#held in this))
      throw new TypeError('release was called without its lease: pass () => lease.release()')
    this.#releasing ??= this.#release()
    return this.#releasing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  /** Gives up a lease that nobody has come to hold, at once. */
  releaseNow(): Promise<ReleaseResult> {
    for (const hold of this.#all) if (hold.holder === this) hold.takenUntil = undefined
    return this.release()
  }

  onLost(reason: LockError): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    // The other names of a lease that is lost protect what its holder is still at, and are not renewed any more.
    if (isList(this.#held)) for (const hold of this.#held) detachHolder(hold, this)
    this.#tell(reason)
    this.#controller?.abort(reason)
  }

  /** Why it cannot be used. */
  notHeldError(): LockError {
    const why = this.lossReason
    if (why?.code === 'LOCK_LOST') return why
    const message = `the lease on ${this.#quoted} is not held any more: it was ${why === undefined ? 'released' : 'ended by close()'}`
    return new LockError('LOCK_LOST', message, why === undefined ? undefined : { cause: why })
  }

  toJSON(): object {
    const { name, names, mode, fence, fences, held, remainingMs } = this
    if (isList(this.#held)) return { names, mode, fences: Object.fromEntries(fences), held, remainingMs }
    return { name, mode, fence, held, remainingMs }
  }

  get #first(): Hold {
    return isList(this.#held) ? (this.#held[0] as Hold) : this.#held
  }

  get #all(): readonly Hold[] {
    return isList(this.#held) ? this.#held : [this.#held]
  }

  get #quoted(): string {
    return this.names.map(quoteName).join(', ')
  }

  #release(): Promise<ReleaseResult> {
    if (!this.held) return this.#leave()
    this.#ended = 'released'
    if (this.#first.engine.observer === undefined) return this.#leave()
    // Whoever is told may release it again: that is this release.
    let settle = (_: Promise<ReleaseResult>): void => {}
    this.#releasing = new Promise((resolve) => (settle = resolve))
    this.#tell()
    settle(this.#leave())
    return this.#releasing
  }

  #leave(): Promise<ReleaseResult> {
    if (!isList(this.#held)) return releaseHolder(this.#held, this)
    return Promise.all(this.#held.map((hold) => releaseHolder(hold, this))).then(together)
  }

  /** Tells the observer of a loss, or without a reason of a release. */
  #tell(reason?: LockError): void {
    const { observer, clock } = this.#first.engine
    if (observer === undefined) return
    const { mode } = this
    const heldMs = clock.now() - this.#since
    for (const name of this.names) {
      if (reason !== undefined) emit(observer, 'lost', () => ({ name, mode, heldMs, reason }))
      else emit(observer, 'released', () => ({ name, mode, heldMs }))
    }
  }
}

const isList = (held: Hold | readonly Hold[]): held is readonly Hold[] => Array.isArray(held)

const isHeld = (hold: Hold): boolean => hold.isHeld()

/** How the release of several names ended. */
function together(results: readonly ReleaseResult[]): ReleaseResult {
  if (results.includes('unknown')) return 'unknown'
  return results.includes('expired') ? 'expired' : 'released'
}

// Shown by console.log in Node as in JSON: without the owner.
Object.defineProperty(LeaseHandle.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: LeaseHandle): object {
    return this.toJSON()
  },
})
