import { checkSpan, checkTtl } from './checks.js'
import { LockError } from './errors.js'
import { type Holder, leave, quit } from './entries.js'
import type { LockMode } from './backend.js'
import type { ReleaseResult } from './give-back.js'
import type { Lease } from './lease.js'
import { extendHeld } from './lease-extension.js'
import { tell } from './observer.js'
import { quote } from './quote.js'
import type { Tenure } from './tenure.js'
import { writeTicket } from './ticket.js'

type Fences = ReadonlyMap<string, number | null>

/**
 * A handle on what is held under one name, or under several. A class, for thousands are held at once and its methods
 * should exist once; and one tenure is not wrapped in a list for the same reason.
 */
export class HeldLease implements Lease, Holder {
  readonly mode: LockMode
  readonly #held: Tenure | readonly Tenure[]
  readonly #fences: number | null | Fences
  readonly #since: number
  #controller: AbortController | undefined
  #ended: LockError | 'released' | undefined
  #releasing: Promise<ReleaseResult> | undefined

  /** @param since when it was granted or handed over, on the monotonic clock. */
  constructor(held: Tenure | readonly Tenure[], fences: number | null | Fences, since: number, mode: LockMode) {
    this.#held = held
    this.#fences = fences
    this.#since = Math.floor(since)
    this.mode = mode
  }

  /** What it holds at the store, or `undefined` for any other object. */
  static tenuresOf(lease: unknown): readonly Tenure[] | undefined {
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
      else if (this.#ended === undefined) for (const tenure of this.#all) tenure.engine.doubts.listen(tenure)
    }
    return this.#controller.signal
  }

  get listening(): boolean {
    return this.#controller !== undefined
  }

  get held(): boolean {
    return this.#ended === undefined && (isList(this.#held) ? this.#held.every(isHeld) : this.#held.isHeld())
  }

  get remainingMs(): number {
    return this.held ? Math.min(...this.#all.map((tenure) => tenure.left())) : 0
  }

  /** Why it ended under its holder, if it did. */
  get lossReason(): LockError | undefined {
    return this.held || this.#ended === 'released' ? undefined : this.#ended
  }

  assertHeld(minRemainingMs: number = 0): void {
    checkSpan('minRemainingMs', minRemainingMs)
    if (!this.held) throw this.notHeld()
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
    await extendHeld(this, this.#all, ttlMs)
  }

  ticket(): string {
    if (!this.held) throw this.notHeld()
    const tenures = this.#all
    if (tenures.some(({ holder }) => holder !== this)) {
      throw new LockError('LOCK_UNSUPPORTED', `the lease on ${this.#quoted} is held through another handle too`)
    }
    this.#ended = 'released'
    for (const tenure of tenures) tenure.leave()
    return writeTicket(tenures, this.fences)
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
    for (const tenure of this.#all) if (tenure.holder === this) tenure.keepUntil = undefined
    return this.release()
  }

  lost(reason: LockError): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    // The other names of a lease that is lost protect what its holder is still at, and are not renewed any more.
    if (isList(this.#held)) for (const tenure of this.#held) quit(tenure, this)
    this.#tell(reason)
    this.#controller?.abort(reason)
  }

  /** Why it cannot be used. */
  notHeld(): LockError {
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

  get #first(): Tenure {
    return isList(this.#held) ? (this.#held[0] as Tenure) : this.#held
  }

  get #all(): readonly Tenure[] {
    return isList(this.#held) ? this.#held : [this.#held]
  }

  get #quoted(): string {
    return this.names.map(quote).join(', ')
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
    if (!isList(this.#held)) return leave(this.#held, this)
    return Promise.all(this.#held.map((tenure) => leave(tenure, this))).then(together)
  }

  /** Tells the observer of a loss, or without a reason of a release. */
  #tell(reason?: LockError): void {
    const { observer, clock } = this.#first.engine
    if (observer === undefined) return
    const { mode } = this
    const heldMs = clock.now() - this.#since
    for (const name of this.names) {
      if (reason !== undefined) tell(observer, 'lost', () => ({ name, mode, heldMs, reason }))
      else tell(observer, 'released', () => ({ name, mode, heldMs }))
    }
  }
}

const isList = (held: Tenure | readonly Tenure[]): held is readonly Tenure[] => Array.isArray(held)

const isHeld = (tenure: Tenure): boolean => tenure.isHeld()

/** How the release of several names ended. */
function together(results: readonly ReleaseResult[]): ReleaseResult {
  if (results.includes('unknown')) return 'unknown'
  return results.includes('expired') ? 'expired' : 'released'
}

// Shown by console.log in Node as in JSON: without the owner.
Object.defineProperty(HeldLease.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: HeldLease): object {
    return this.toJSON()
  },
})
