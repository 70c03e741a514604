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
} from './errors/errors.js'
export type { Lease, ReleaseResult } from './lease.js'
export type { LockContext } from './options/context.js'
export type { HeldLock, LockHolder, LockInfo, LockSnapshot, PendingLock } from './query.js'
export { createLocker, type Locker } from './locker.js'
export type {
  AcquisitionEvent,
  FailureCode,
  LeaseEvent,
  LockEvent,
  LockObserver,
  WholeLeaseEvent,
} from './observer/observer.js'
export { checkAcquireOptions } from './options/check-acquire-options.js'
export { checkNames } from './options/validation.js'
export type { AcquireOptions, HandOverBounds, LockerOptions, RetryOptions } from './options/options.js'
export type { RequestOptions } from './acquire/request.js'
export { memoryBackend, type MemoryBackendOptions, type MemoryStore, memoryStore } from './memory/index.js'
export {
  toLockManager,
  type WebLock,
  type WebLockInfo,
  type WebLockManager,
  type WebLockOptions,
  type WebLockSnapshot,
} from './web-locks/index.js'
