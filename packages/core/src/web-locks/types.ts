import type { LockMode } from '../backend.js'

/** The platform's `Lock`: name and mode of a lock that is held. */
export interface WebLock {
  readonly name: string
  readonly mode: LockMode
}

/** The platform's `LockOptions`. */
export interface WebLockOptions {
  readonly mode?: LockMode
  readonly ifAvailable?: boolean
  readonly steal?: boolean
  readonly signal?: AbortSignal
}

/** The platform's `LockInfo`. */
export interface WebLockInfo {
  name: string
  mode: LockMode
  clientId: string
}

/** The platform's `LockManagerSnapshot`. */
export interface WebLockSnapshot {
  held: WebLockInfo[]
  pending: WebLockInfo[]
}

/** The platform's `LockManager`, assignable to it. */
export interface WebLockManager {
  request<T>(name: string, callback: (lock: WebLock | null) => T): Promise<Awaited<T>>
  request<T>(name: string, options: WebLockOptions, callback: (lock: WebLock | null) => T): Promise<Awaited<T>>
  query(): Promise<WebLockSnapshot>
}
