import { AsyncLocalStorage } from 'node:async_hooks'
import { type LockContext, surrounds } from '../options/context.js'
import type { Lease } from '../lease.js'

export type { LockContext } from '../options/context.js'

/** Options of {@link asyncContext}. */
export interface AsyncContextOptions {
  /**
   * How an `acquire` or `request` goes on with a name that the surrounding `request` holds: `'reenter'` (the default)
   * shares its lease, `'refuse'` rejects with `LOCK_UNSUPPORTED` at once. Without a context it would wait for itself.
   */
  readonly nested?: 'reenter' | 'refuse' | undefined
}

/**
 * Lets a locker know which leases surround a call: those of the `request` callbacks it is made in, in the same
 * asynchronous context, and of `run(lease, work)`. Give it to `createLocker({ backend, context })`.
 * Needs `AsyncLocalStorage`, which Node, Bun, Deno and most edge platforms have.
 */
export function asyncContext(options: AsyncContextOptions = {}): LockContext {
  const { nested = 'reenter' } = options
  if (Object.keys(options).some((name) => name !== 'nested') || (nested !== 'reenter' && nested !== 'refuse'))
    throw new TypeError("asyncContext takes { nested: 'reenter' } or { nested: 'refuse' }")
  const storage = new AsyncLocalStorage<readonly Lease[]>()
  const current = (): readonly Lease[] => storage.getStore() ?? []
  return Object.freeze({
    nested,
    current,
    run: <T>(lease: Lease, work: () => T): T => {
      if (typeof (lease as Partial<Lease> | null | undefined)?.release !== 'function')
        throw new TypeError('run needs a lease: run(lease, work)')
      return storage.run([lease, ...current().filter(surrounds)], work)
    },
    exit: <T>(work: () => T): T => storage.run([], work),
  })
}
