import type { Lease } from './lease.js'

/**
 * Knows which leases a piece of work is done under, so that what is nested in it does not wait for itself. Made by
 * `asyncContext` of `@holdfast/core/async-context`.
 */
export interface LockContext {
  /** What becomes of an acquisition of a name that is held already by what it is nested in. */
  readonly nested: 'reenter' | 'refuse'
  /** The leases under which the present piece of work is done. */
  current(): readonly Lease[]
  /** Runs a piece of work, and all that it starts, under one more lease. */
  run<T>(lease: Lease, work: () => T): T
}
