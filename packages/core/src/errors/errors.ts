const LOCK_ERROR = Symbol.for('@holdfast/core/LockError')
const BACKEND_ERROR = Symbol.for('@holdfast/core/BackendError')

/**
 * Why a lock operation failed.
 *
 * - `LOCK_BUSY`: certainly not acquired within `waitMs`: another lease, perhaps of this locker, held the name, or waiters
 *   stood before this one.
 * - `LOCK_INDETERMINATE`: the store may have done it. The locker releases it in the background; at the latest, the name
 *   is free after the ttl.
 * - `LOCK_LOST`: the lease is not held any more; of `assertHeld(minRemainingMs)` also: it is held, with less than that
 *   left. `cause` says why the last renewal failed, if the lease was lost by it.
 * - `LOCK_BACKEND`: the store refused the command; certainly not executed. `cause` says why.
 * - `LOCK_UNSUPPORTED`: the backend cannot do this, or the lock does not permit it: a reader asks to write, a ticket is
 *   asked for while several leases share the hold.
 * - `LOCK_CLOSED`: the locker was closed.
 */
export type LockErrorCode =
  'LOCK_BUSY' | 'LOCK_INDETERMINATE' | 'LOCK_LOST' | 'LOCK_BACKEND' | 'LOCK_UNSUPPORTED' | 'LOCK_CLOSED'

/** The one error class of this library. Distinguish the cases by `code`; messages may change. */
export class LockError extends Error {
  override readonly name: string = 'LockError'
  readonly code: LockErrorCode

  constructor(code: LockErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, LOCK_ERROR, { value: true })
  }
}

/** Whether `error` is a {@link LockError}, made by this copy of the package or by another one. */
export function isLockError<C extends LockErrorCode = LockErrorCode>(
  error: unknown,
  code?: C,
): error is LockError & { readonly code: C } {
  return carries(error, LOCK_ERROR) && (code === undefined || (error as LockError).code === code)
}

/** Options of a {@link BackendError}. */
export interface BackendErrorOptions {
  /** `'no'`: certainly not executed. `'unknown'`: it may have been, or may still be. */
  readonly executed: 'no' | 'unknown'
  /** The client's own error, without secrets. */
  readonly cause?: unknown
  /** `false` when asking again cannot help: authentication, permission, wrong type, bad argument. Default `true`. */
  readonly retryable?: boolean
}

/** Thrown by backends, so that the locker knows whether the command may have been executed. */
export class BackendError extends Error {
  override readonly name: string = 'BackendError'
  readonly executed: 'no' | 'unknown'
  readonly retryable: boolean

  constructor(message: string, options: BackendErrorOptions) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.executed = options.executed
    this.retryable = options.retryable ?? true
    Object.defineProperty(this, BACKEND_ERROR, { value: true })
  }
}

/** Whether `error` is a {@link BackendError}, made by this copy of the package or by another one. */
export function isBackendError(error: unknown): error is BackendError {
  return carries(error, BACKEND_ERROR)
}

/** Never throws, as a revoked proxy does when it is read. */
function carries(error: unknown, marker: symbol): boolean {
  try {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[marker] === true
  } catch {
    return false
  }
}
