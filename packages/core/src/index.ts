export type * from './backend.js'
export {
  type Backoff,
  type BackoffInput,
  decorrelatedJitter,
  exponential,
  type ExponentialOptions,
  fixed,
  type JitterOptions,
} from './backoff.js'
export { type Clock, systemClock } from './clock.js'
export {
  BackendError,
  type BackendErrorOptions,
  isBackendError,
  isLockError,
  LockError,
  type LockErrorCode,
} from './errors.js'
export type { ReleaseResult } from './give-back.js'
export type { Lease } from './lease.js'
export type { HandOverBounds } from './hand-over.js'
export type { LockContext } from './context.js'
export type { HeldLock, LockHolder, LockInfo, LockSnapshot, PendingLock } from './inspection.js'
export { createLocker, type Locker } from './locker.js'
export { memoryBackend, type MemoryBackendOptions, memoryStore, type MemoryStore } from './memory/backend.js'
export type { LockEvent, LockObserver } from './observer.js'
export type { AcquireOptions, LockerOptions, RetryOptions } from './options.js'
export type { RequestOptions } from './request.js'
export {
  toLockManager,
  type WebLock,
  type WebLockInfo,
  type WebLockManager,
  type WebLockOptions,
  type WebLockSnapshot,
} from './web-locks/manager.js'
