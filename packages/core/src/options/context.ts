import type { Lease } from '../lease.js'

/**
 * Knows which leases a piece of work runs under, so that a call nested in it does not wait for itself. Made by
 * `asyncContext` of `@holdfast/core/async-context`.
 */
export interface LockContext {
  /** Whether an acquisition of a name that a surrounding lease holds re-enters it, or rejects. */
  readonly nested: 'reenter' | 'refuse'
  /** The leases under which the present piece of work runs. */
  current(): readonly Lease[]
  /** Runs a piece of work, and everything that it starts, under one more lease. */
  run<T>(lease: Lease, work: () => T): T
  /**
   * Runs a piece of work, and everything that it starts, under no lease. The locker starts its timers and subscriptions
   * in it, because they serve all callers. Optional: without it they run in the context in which core was loaded.
   */
  exit?<T>(work: () => T): T
}

/**
 * Whether a call that is made under the lease belongs to it: a call under a released lease does not; a call under a lost
 * lease does, until its holder has released it, and must not go on.
 */
export function surrounds(lease: Lease & { readonly isReleased?: boolean }): boolean {
  return lease.isReleased !== true && (lease.held || lease.signal.aborted)
}
