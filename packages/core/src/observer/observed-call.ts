import type { Clock } from '../clock.js'
import { isLockError } from '../errors/errors.js'
import { emit, type FailureCode, type LockObserver, type WholeLeaseEvent } from './observer.js'

/** The fields that all events of one lease have. */
export type LeaseRecord = WholeLeaseEvent

/** The parts of a locker that the events of its calls use. */
export interface ObservedHost {
  readonly observer: LockObserver | undefined
  readonly clock: Clock
}

/** The names of a call, and how it asks for them. */
export interface ObservedNames {
  readonly names: readonly string[]
  readonly mode: WholeLeaseEvent['mode']
  readonly signal?: AbortSignal | undefined
  /** Runs a function in the async context of the call, where the end of the call may be found out in another one. */
  readonly runIn?: ((work: () => void) => void) | undefined
}

let lastId = 0

/** Whether a call that begins now has events: not with an observer that throws when it is asked. Never throws. */
export function isObserved({ observer }: ObservedHost): boolean {
  try {
    return observer !== undefined && observer.enabled !== false
  } catch {
    return false
  }
}

/** New ids for a lease, and for the call that it belongs to. */
export function newRecord({ names, mode }: ObservedNames): LeaseRecord {
  return { id: ++lastId, leaseId: ++lastId, name: names[0] as string, names, mode }
}

/** The events of one acquisition. It ends once, whichever end comes first. Made only where an observer is. */
export class ObservedCall {
  /** Calls to the store so far. */
  attempts = 0
  readonly #host: ObservedHost
  readonly #call: ObservedNames
  readonly #record: LeaseRecord
  readonly #since: number
  #waits = false
  #ended = false

  constructor(host: ObservedHost, call: ObservedNames) {
    this.#host = host
    this.#call = call
    this.#record = newRecord(call)
    this.#since = host.clock.now()
    emit(host.observer, 'started', () => this.#whole())
  }

  waiting(name: string): void {
    if (this.#waits || this.#ended) return
    this.#waits = true
    emit(this.#host.observer, 'waiting', () => this.#of(name))
  }

  contended(name: string, attempt: number, retryAfterMs: number | null): void {
    if (this.#ended) return
    emit(this.#host.observer, 'contended', () => ({ ...this.#of(name), attempt, retryAfterMs }))
  }

  /** @param begin called with the record of the lease before the event, unless the call has ended. */
  acquired(fence: number | null, begin: (record: LeaseRecord) => void): void {
    if (this.#ended) return
    this.#ended = true
    begin(this.#record)
    emit(this.#host.observer, 'acquired', () => ({ ...this.#record, ...this.#counts(), fence }))
  }

  /** @param error absent where the call answers `null`. */
  failed(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    const { signal, runIn = runHere } = this.#call
    const code = codeOf(error, signal)
    runIn(() => emit(this.#host.observer, 'failed', () => ({ ...this.#whole(), code, ...this.#counts(), error })))
  }

  #of(name: string): Pick<LeaseRecord, 'id' | 'name' | 'mode'> {
    const { id, mode } = this.#record
    return { id, name, mode }
  }

  #whole(): Omit<LeaseRecord, 'leaseId'> {
    const { leaseId: _, ...whole } = this.#record
    return whole
  }

  #counts(): { readonly waitedMs: number; readonly attempts: number } {
    return { waitedMs: this.#host.clock.now() - this.#since, attempts: this.attempts }
  }
}

const runHere = (work: () => void): void => work()

function codeOf(error: unknown, signal: AbortSignal | undefined): FailureCode {
  if (error === undefined) return 'busy'
  if (signal?.aborted === true && error === signal.reason) return 'aborted'
  return isLockError(error) ? (error.code.slice(5).toLowerCase() as FailureCode) : 'error'
}
