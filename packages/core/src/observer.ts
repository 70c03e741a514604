import type { LockMode } from './backend.js'
import type { LockError } from './errors/errors.js'

/** What every event tells. No event carries an owner. */
export interface LockEvent {
  readonly name: string
  readonly mode: LockMode
}

/**
 * Told what a locker does. Every method is optional and costs nothing when absent. It is called
 * synchronously: return quickly. What it throws is ignored.
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
}

type Hook = keyof LockObserver
type EventOf<K extends Hook> = Parameters<NonNullable<LockObserver[K]>>[0]

/** Tells the observer, building the event only for a hook that is there. */
export function emit<K extends Hook>(observer: LockObserver | undefined, hook: K, event: () => EventOf<K>): void {
  const method = observer?.[hook] as ((event: EventOf<K>) => unknown) | undefined
  if (method === undefined) return
  try {
    const answer = method.call(observer, event())
    if (answer instanceof Promise) answer.catch(() => {})
  } catch {
    // An observer must not be able to harm a lock.
  }
}
