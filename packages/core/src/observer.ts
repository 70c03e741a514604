import { wrongKind } from './errors/messages.js'
import { nearestOption, optionNames, unknownOption } from './errors/unknown-options.js'
import type { LockMode } from './backend.js'
import type { LockError } from './errors/errors.js'

/** The fields of every event. No event carries an owner token. */
export interface LockEvent {
  readonly name: string
  readonly mode: LockMode
}

/**
 * Called for the events of a locker. Each hook is optional, and an absent one costs nothing. Hooks are called
 * synchronously: return quickly. An exception in a hook is ignored.
 *
 * An observer may have other methods too. A method that is nearly a hook, such as `onLost`, is a `TypeError` unless the
 * hook is there.
 *
 * @example
 * const observer: LockObserver = { lost: ({ name, reason }) => console.error(name, reason.message) }
 */
export interface LockObserver {
  /** An acquisition starts to wait, behind others in this process or at the store. */
  waiting?(event: LockEvent): void
  /** The store answered that somebody else holds the name. `retryAfterMs`: the rest of that lease, if known. */
  contended?(event: LockEvent & { readonly attempt: number; readonly retryAfterMs: number | null }): void
  /** Acquired after `waitedMs`, with `attempts` calls to the store (0: handed on inside this process). */
  acquired?(
    event: LockEvent & { readonly waitedMs: number; readonly attempts: number; readonly fence: number | null },
  ): void
  /** The lease was extended; `remainingMs` are left now. */
  renewed?(event: LockEvent & { readonly remainingMs: number }): void
  /** An automatic renewal failed and will be retried while `remainingMs` last. `cause` is the backend's error. */
  renewalFailed?(event: LockEvent & { readonly remainingMs: number; readonly cause: unknown }): void
  /** The lease ended under its holder after `heldMs`. */
  lost?(event: LockEvent & { readonly heldMs: number; readonly reason: LockError }): void
  /** The holder gave the lease up after `heldMs`. */
  released?(event: LockEvent & { readonly heldMs: number }): void
  /**
   * Notifications of the store do not arrive any more, or could not be asked for: waiters poll, and a steal is noticed
   * by the next renewal. `cause` is the backend's error, if there is one. Called once, until they are back.
   */
  hintsLost?(event: { readonly cause: unknown }): void
  /** Notifications of the store arrive again. */
  hintsBack?(event: { readonly lostMs: number }): void
}

const HOOKS = optionNames('waiting contended acquired renewed renewalFailed lost released hintsLost hintsBack')

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

type Hook = keyof LockObserver
type EventOf<K extends Hook> = Parameters<NonNullable<LockObserver[K]>>[0]

/** Calls a hook of the observer. The event is built only for a hook that is there. */
export function emit<K extends Hook>(observer: LockObserver | undefined, hook: K, event: () => EventOf<K>): void {
  const method = observer?.[hook] as ((event: EventOf<K>) => unknown) | undefined
  if (method === undefined) return
  try {
    const answer = method.call(observer, event())
    // Also a promise of another realm, which is no instance of this one's Promise.
    if (typeof answer === 'object' && answer !== null && 'then' in answer) Promise.resolve(answer).catch(() => {})
  } catch {
    // An observer must not be able to harm a lock.
  }
}
