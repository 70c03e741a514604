import type { LockContext } from '../options/context.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { Lease } from '../lease.js'
import type { AcquireOptions } from '../options/options.js'

/** Options of {@link Locker.request}. */
export interface RequestOptions extends AcquireOptions {
  /** Make one attempt, and call back with `null` when somebody else holds the name. */
  readonly ifAvailable?: boolean | undefined
}

/** Runs the callback under the lease, or with `null` when there is none, releases, and answers its result, unless the lease was lost. */
export async function runWithLease<T>(
  acquiring: Promise<LeaseHandle | null>,
  callback: (lease: Lease | null) => T | PromiseLike<T>,
  context: LockContext | undefined,
): Promise<T> {
  const lease = await acquiring
  if (lease === null) return callback(null)
  let result: T
  try {
    result = await (context === undefined ? callback(lease) : context.run(lease, async () => callback(lease)))
  } catch (error) {
    await lease.release()
    throw error
  }
  // Asked before the release: an answer 'expired' to a release may come from a client that sent it twice.
  const lost = lease.lossReason
  await lease.release()
  if (lost !== undefined) throw lost
  return result
}
