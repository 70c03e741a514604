import type { LockMode } from '../backend.js'
import { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import { type Hold, readClocks } from '../hold/hold.js'
import type { Holder } from '../hold/holders.js'
import type { Lease, ReleaseResult } from '../lease.js'
import type { LeaseRecord, ObservedCall } from '../observer/observed-call.js'
import { emit } from '../observer/observer.js'
import { checkSpan, checkTtl } from '../options/validation.js'
import { currentContext, type RunIn } from '../timers/detached.js'
import { extendLease } from './extend.js'
import { notHeld } from './not-held.js'
import { detachHolder, releaseHolder, releaseHolders } from './release.js'
import { encodeTicket } from './ticket.js'

type Fences = ReadonlyMap<string, number | null>

/** The signal of a lease, and the async context in which it was first asked for: its listeners are called there. */
interface Signalling {
  readonly controller: AbortController
  readonly context: RunIn
}

/**
 * A handle on one hold, or on several. A class, because thousands are held at once and its methods should exist once;
 * and one hold is not wrapped in a list for the same reason.
 */
export class LeaseHandle implements Lease, Holder {
  readonly mode: LockMode
  readonly #held: Hold | readonly Hold[]
  readonly #fences: number | null | Fences
  readonly #since: number
  #signalling: Signalling | undefined
  #ended: LockError | 'released' | undefined
  #releasing: Promise<ReleaseResult> | undefined
  /** The fields of its events. Absent without an observer, and while no caller has the lease. */
  #record: LeaseRecord | undefined

  /** @param since when it was granted or handed over, on the monotonic clock. */
  constructor(held: Hold | readonly Hold[], fences: number | null | Fences, since: number, mode: LockMode) {
    this.#held = held
    this.#fences = fences
    this.#since = Math.floor(since)
    this.mode = mode
  }

  /** The holds behind a lease, or `undefined` for any other object. */
  static holdsOf(lease: unknown): readonly Hold[] | undefined {
    return LeaseHandle.isHandle(lease) ? lease.#all : undefined
  }

  static isHandle(value: unknown): value is LeaseHandle {
    return typeof value === 'object' && value !== null && #held in value
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
    // A copy: a caller that changes it must not change what a further handle on the holds gets.
    return new Map(this.#fences instanceof Map ? this.#fences : [[this.name, this.fence]])
  }

  get signal(): AbortSignal {
    if (this.#signalling === undefined) {
      this.#signalling = { controller: new AbortController(), context: currentContext() }
      if (this.lossReason !== undefined) this.#signalling.controller.abort(this.lossReason)
      else if (this.#ended === undefined) for (const hold of this.#all) hold.host.lossChecks.watch(hold)
    }
    return this.#signalling.controller.signal
  }

  get held(): boolean {
    return this.#ended === undefined && this.#all.every((hold) => hold.isHeld())
  }

  get remainingMs(): number {
    if (this.#ended !== undefined) return 0
    // A single reading of the clocks, so that no time passes between the two questions.
    const reading = readClocks(this.#first.host)
    if (!this.#all.every((hold) => hold.isHeldAt(reading))) return 0
    return Math.min(...this.#all.map((hold) => hold.remainingAt(reading)))
  }

  /** Whether its holder has released it, also after a loss. */
  get isReleased(): boolean {
    return this.#releasing !== undefined
  }

  /** Why it ended under its holder, if it did. */
  get lossReason(): LockError | undefined {
    return this.held || this.#ended === 'released' ? undefined : this.#ended
  }

  assertHeld(minRemainingMs: number = 0): void {
    checkReceiver(this, 'assertHeld')
    checkSpan('minRemainingMs', minRemainingMs)
    // A single reading of the clocks: between two of them a process may be stopped until the lease has ended.
    const remainingMs = this.remainingMs
    if (remainingMs <= 0) throw this.notHeldError()
    if (remainingMs >= minRemainingMs) return
    const left = `the lease on ${this.#quoted} has ${Math.floor(remainingMs)} ms left`
    throw new LockError('LOCK_LOST', `${left}, ${minRemainingMs} were asked for`)
  }

  async extend(ttlMs?: number): Promise<void> {
    checkReceiver(this, 'extend')
    if (ttlMs !== undefined) checkTtl(ttlMs)
    const { host, terms } = this.#first
    const budget = { until: host.clock.now() + terms.timeoutMs, signal: undefined }
    await extendLease(this, this.#all, { budget, ttlMs })
  }

  ticket(): string {
    checkReceiver(this, 'ticket')
    if (!this.held) throw this.notHeldError()
    const holds = this.#all
    if (holds.some(({ holder }) => holder !== this)) {
      throw new LockError('LOCK_UNSUPPORTED', `the lease on ${this.#quoted} is held through another handle too`)
    }
    this.#ended = 'released'
    for (const hold of holds) void hold.end({ atStore: 'leave' })
    this.#emitEnd('handedOver')
    return encodeTicket(holds, this.fences)
  }

  release(): Promise<ReleaseResult> {
    checkReceiver(this, 'release')
    this.#releasing ??= this.#release()
    return this.#releasing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  /** Releases a lease that no caller has come to hold, at once. */
  releaseNow(): Promise<ReleaseResult> {
    for (const hold of this.#all) if (hold.holder === this) hold.minHoldUntil = undefined
    return this.release()
  }

  onLost(reason: LockError): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    // The holder may still be at work under its other names: they stay, but are not renewed any more.
    if (isList(this.#held)) for (const hold of this.#held) detachHolder(hold, this)
    const run = this.#signalling?.context ?? this.#first.host.detached
    run(() => {
      this.#emitEnd('lost', reason)
      this.#signalling?.controller.abort(reason)
    })
  }

  /** From now on only the store grants the name to others, also to those of this process. */
  forbidHandOver(): void {
    for (const hold of this.#all) hold.host.names.forbidHandOver(hold)
  }

  /** The caller has acquired it by this call: from now on it has events. */
  announce(call: ObservedCall | undefined): void {
    call?.acquired(this.fence, (record) => (this.#record = record))
  }

  /** The caller has continued it with a ticket: from now on it has events. */
  announceResumed(record: LeaseRecord): void {
    this.#record = record
    emit(this.#first.host.observer, 'resumed', () => ({ ...record, remainingMs: this.remainingMs }))
  }

  /** The fields of its events, while a caller holds it. */
  get record(): LeaseRecord | undefined {
    return this.#ended === undefined ? this.#record : undefined
  }

  /** Why it cannot be used. */
  notHeldError(): LockError {
    return notHeld(this.#quoted, this.lossReason)
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
    if (!this.held) return this.#releaseHolds()
    this.#ended = 'released'
    if (this.#record === undefined) return this.#releaseHolds()
    // An observer may release it again: that is this release.
    let settle = (_: Promise<ReleaseResult>): void => {}
    this.#releasing = new Promise((resolve) => (settle = resolve))
    this.#emitEnd('released')
    settle(this.#releaseHolds())
    return this.#releasing
  }

  #releaseHolds(): Promise<ReleaseResult> {
    return isList(this.#held) ? releaseHolders(this.#held, this) : releaseHolder(this.#held, this)
  }

  #emitEnd(hook: 'lost' | 'released' | 'handedOver', reason?: LockError): void {
    const record = this.#record
    if (record === undefined) return
    const { observer, clock } = this.#first.host
    const heldMs = clock.now() - this.#since
    emit(observer, hook, () => (reason === undefined ? { ...record, heldMs } : { ...record, heldMs, reason }) as never)
  }
}

/** A method that was taken off its lease, as in `.finally(lease.release)`, does not know which one it was. */
function checkReceiver(receiver: unknown, method: string): void {
  if (LeaseHandle.isHandle(receiver)) return
  throw new TypeError(`${method} was called without its lease: pass () => lease.${method}() instead of lease.${method}`)
}

const isList = (held: Hold | readonly Hold[]): held is readonly Hold[] => Array.isArray(held)

// Shown by console.log in Node as in JSON: without the owner.
Object.defineProperty(LeaseHandle.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: LeaseHandle): object {
    return this.toJSON()
  },
})
