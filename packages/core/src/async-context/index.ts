import { AsyncLocalStorage } from 'node:async_hooks'
import type { LockContext } from '../context.js'
import type { Lease } from '../lease.js'

export type { LockContext } from '../context.js'

export interface AsyncContextOptions {
  /**
   * What becomes of an `acquire` or `request` of a name that the surrounding `request` holds: `'reenter'` (the default)
   * shares its lease, `'refuse'` rejects with `LOCK_UNSUPPORTED` at once. Without a context it would wait for itself.
   */
  readonly nested?: 'reenter' | 'refuse' | undefined
}

/**
 * Lets a locker know what a call is nested in: whatever is done in the callback of a `request`, in the same asynchronous
 * context, or in `run(lease, work)` for a lease that was acquired. Give it to `createLocker({ backend, context })`.
 * Needs `AsyncLocalStorage`, which Node, Bun, Deno and most edge platforms have.
 */
export function asyncContext({ nested = 'reenter' }: AsyncContextOptions = {}): LockContext {
  if (nested !== 'reenter' && nested !== 'refuse') throw new TypeError("nested must be 'reenter' or 'refuse'")
  const storage = new AsyncLocalStorage<readonly Lease[]>()
  const current = (): readonly Lease[] => storage.getStore() ?? []
  return Object.freeze({
    nested,
    current,
    run: <T>(lease: Lease, work: () => T): T => storage.run([lease, ...current().filter(isOfUse)], work),
  })
}

/** What was released does not matter to what is nested in it from now on. */
const isOfUse = ({ held, signal }: Lease): boolean => held || signal.aborted
