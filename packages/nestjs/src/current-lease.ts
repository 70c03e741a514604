import { AsyncLocalStorage } from 'node:async_hooks'
import type { Lease } from '@holdfast/core'

const leases = new AsyncLocalStorage<Lease>()

/**
 * The lease under which a method with `@Locked` runs: in the method, and in everything that it calls. Of nested methods,
 * that of the innermost.
 * @example
 * await fetch(url, { signal: currentLease().signal })
 * @throws Error outside of a method with `@Locked`.
 */
export function currentLease(): Lease {
  const lease = leases.getStore()
  if (lease === undefined) throw new Error('currentLease() was called outside of a method with @Locked')
  return lease
}

/** Runs the work so that `currentLease()` answers this lease in it. */
export function runWithLease<T>(lease: Lease, work: () => T): T {
  return leases.run(lease, work)
}
