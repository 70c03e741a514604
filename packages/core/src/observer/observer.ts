import { wrongKind } from '../errors/messages.js'
import { nearestOption, optionNames, unknownOption } from '../errors/unknown-options.js'
import type { LockMode } from '../backend.js'
import type { LockError } from '../errors/errors.js'

/**
 * The fields of each event about a name. No event carries an owner token.
 *
 * Each call of `acquire`, `tryAcquire` or `request` is one acquisition, of several names too: its events have the same
 * `id`, and so have all events of its lease.
 */
export interface LockEvent {
  /** The acquisition, or the call of `resume`. Unique in this process. */
  readonly id: number
  readonly name: string
  readonly mode: LockMode
}

/** The fields of each event of a whole acquisition. */
export interface AcquisitionEvent extends LockEvent {
  /** All names, in the order in which they were asked for. `name` is the first of them. */
  readonly names: readonly string[]
}

/** The fields of each event of a lease. */
export interface LeaseEvent extends LockEvent {
  /** The lease, from its grant on. Unique in this process. */
  readonly leaseId: number
}

/** The fields of each event at the beginning or at the end of a lease. */
export type WholeLeaseEvent = LeaseEvent & AcquisitionEvent

/**
 * Why an acquisition failed.
 *
 * - `'busy'`: refused; also a `tryAcquire` that answers `null`.
 * - `'aborted'`: by the signal of its caller.
 * - `'indeterminate'`, `'backend'`, `'unsupported'`, `'closed'`: with the `LockError` of that code.
 * - `'lost'`: the lease that it was nested in is lost.
 * - `'error'`: by another exception, such as that of a backoff.
 */
export type FailureCode = 'busy' | 'aborted' | 'indeterminate' | 'backend' | 'unsupported' | 'closed' | 'lost' | 'error'

/**
 * Called for the events of a locker. Each hook is optional, and an absent one costs nothing. Hooks are called
 * synchronously: return quickly. An exception in a hook is ignored.
 *
 * - Each acquisition has one `started` and one end: `acquired` or `failed`. A call that is refused for its options or its
 *   name, with a `TypeError` or a `RangeError`, has neither; for a foreign lease as `within` it has both. These events, and `waiting` and `contended` between them, are emitted in
 *   the async context of the call.
 * - Each lease begins with `acquired` or `resumed`, and ends with one of `released`, `lost` and `handedOver`, at the
 *   latest when its locker is closed. Of several names, there is one lease.
 *
 * An observer may have other methods too. A method that is nearly a hook, such as `onLost`, is a `TypeError` unless the
 * hook is there.
 *
 * @example
 * const observer: LockObserver = { lost: ({ name, reason }) => console.error(name, reason.message) }
 */
export interface LockObserver {
  /**
   * Read when an acquisition starts and when a ticket is resumed. While it is `false`, they and their leases have no
   * events and cost nothing. Default `true`.
   */
  readonly enabled?: boolean | undefined
  /** An acquisition starts. */
  started?(event: AcquisitionEvent): void
  /** The acquisition starts to wait for the name, behind others in this process or at the store. Called once. */
  waiting?(event: LockEvent): void
  /** The store answered that somebody else holds the name. `retryAfterMs`: the rest of that lease, if known. */
  contended?(event: LockEvent & { readonly attempt: number; readonly retryAfterMs: number | null }): void
  /**
   * Acquired after `waitedMs`, with `attempts` calls to the store (0: handed over inside this process, or re-entered).
   * `fence` is `null` with several names.
   */
  acquired?(
    event: WholeLeaseEvent & { readonly waitedMs: number; readonly attempts: number; readonly fence: number | null },
  ): void
  /**
   * Not acquired, after `waitedMs` and `attempts` calls to the store. `error` is the error that the call rejects with,
   * without secrets of the store; `undefined` when the call answers `null`.
   */
  failed?(
    event: AcquisitionEvent & {
      readonly code: FailureCode
      readonly waitedMs: number
      readonly attempts: number
      readonly error: unknown
    },
  ): void
  /** The lease was extended under this name; `remainingMs` are left now. */
  renewed?(event: LeaseEvent & { readonly remainingMs: number }): void
  /** An automatic renewal failed and will be retried while `remainingMs` last. `cause` is the backend's error. */
  renewalFailed?(event: LeaseEvent & { readonly remainingMs: number; readonly cause: unknown }): void
  /** The lease ended under its holder after `heldMs`; `reason` is `LOCK_LOST`, or `LOCK_CLOSED` after `close()`. */
  lost?(event: WholeLeaseEvent & { readonly heldMs: number; readonly reason: LockError }): void
  /** The holder gave the lease up after `heldMs`. */
  released?(event: WholeLeaseEvent & { readonly heldMs: number }): void
  /** The holder made a ticket of the lease after `heldMs`: `resume` continues it elsewhere. */
  handedOver?(event: WholeLeaseEvent & { readonly heldMs: number }): void
  /** A lease was continued with a ticket; `remainingMs` are left now. */
  resumed?(event: WholeLeaseEvent & { readonly remainingMs: number }): void
  /**
   * Notifications of the store do not arrive any more, or could not be asked for: waiters poll, and a steal is noticed
   * by the next renewal. `cause` is the backend's error, if there is one. Called once, until they are back.
   */
  hintsLost?(event: { readonly cause: unknown }): void
  /** Notifications of the store arrive again. */
  hintsBack?(event: { readonly lostMs: number }): void
}

type Hook = Exclude<keyof LockObserver, 'enabled'>

const HOOKS = optionNames(
  'started waiting contended acquired failed renewed renewalFailed lost released handedOver resumed hintsLost hintsBack',
)

/**
 * Refuses a hook that is no function, and a method that is nearly a hook which is absent: `onLost` without `lost`. An
 * observer may have methods of its own. Those that it inherits from its class are refused only when they begin with `on`.
 * @throws TypeError
 */
export function checkObserver(observer: unknown): void {
  if (observer === undefined) return
  if (typeof observer !== 'object' || observer === null)
    throw wrongKind('observer must be an object with hooks', observer)
  for (const hook of HOOKS) {
    const method = (observer as Record<string, unknown>)[hook]
    if (method !== undefined && typeof method !== 'function')
      throw wrongKind(`observer.${hook} must be a function`, method)
  }
  for (let owner: object | null = observer; owner; owner = Object.getPrototypeOf(owner) as object | null) {
    for (const name of Object.getOwnPropertyNames(owner)) {
      const near: string | undefined = owner === observer || /^on/i.test(name) ? nearestOption(name, HOOKS) : undefined
      if (near !== undefined && !(near in observer)) throw unknownOption('observer has no hook', name, HOOKS)
    }
  }
}

type EventOf<K extends Hook> = Parameters<NonNullable<LockObserver[K]>>[0]

/** Calls a hook of the observer. The event is built only for a hook that is there. */
export function emit<K extends Hook>(observer: LockObserver | undefined, hook: K, event: () => EventOf<K>): void {
  try {
    const method = observer?.[hook] as ((event: EventOf<K>) => unknown) | undefined
    const answer = method?.call(observer, event())
    // Also a promise of another realm, which is no instance of this one's Promise.
    if (typeof answer === 'object' && answer !== null && 'then' in answer) Promise.resolve(answer).catch(() => {})
  } catch {
    // An observer must not be able to harm a lock.
  }
}
