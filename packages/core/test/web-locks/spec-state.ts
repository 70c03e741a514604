import type { Deferred, TaskQueue } from './task-queue.js'

export interface Client {
  readonly id: string
  /** The event loop in which its callbacks run. */
  readonly loop: TaskQueue
}

export interface LockRequest {
  readonly client: Client
  readonly name: string
  readonly mode: LockMode
  readonly callback: LockGrantedCallback<unknown>
  readonly promise: Deferred
  readonly signal: AbortSignal | undefined
  /** The algorithm "signal to abort the request", as it was added to the signal. */
  readonly onAbort: () => void
}

export interface HeldLock {
  readonly client: Client
  readonly name: string
  readonly mode: LockMode
  readonly released: Deferred
}

/** The entry of a request or a lock in a snapshot. */
export function infoOf({ name, mode, client }: LockRequest | HeldLock): LockInfo {
  return { name, mode, clientId: client.id }
}
