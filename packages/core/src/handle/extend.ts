import { callError } from '../errors/call-error.js'
import type { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import { extendUntil } from '../hold/extend-until.js'
import type { Hold } from '../hold/hold.js'
import { runInBackground } from '../timers/background.js'
import type { Budget } from '../timers/budget.js'
import type { Interruptible } from '../timers/sleep.js'

/** The lease, as far as extending it needs to know it. */
export interface Extendable {
  readonly held: boolean
  notHeldError(): LockError
}

export interface ExtendLeaseOptions {
  readonly budget: Budget
  /** To how long from now. Default: each name to its own ttl. */
  readonly ttlMs?: number | undefined
  /** Called with each wait when it starts. Interrupting it ends it early. */
  onStarted?: ((waiting: Interruptible) => void) | undefined
  /** Whether the caller still waits. */
  isWanted?(): boolean
}

/**
 * Extends the holds of a lease.
 * @throws `LOCK_LOST`, `LOCK_INDETERMINATE`, `LOCK_BACKEND`
 */
export async function extendLease(
  lease: Extendable,
  holds: readonly Hold[],
  { budget: { until }, ttlMs, onStarted, isWanted = () => true }: ExtendLeaseOptions,
): Promise<void> {
  const [{ host }] = holds as [Hold]
  if (!lease.held) throw lease.notHeldError()
  // The next holder is to have the time that it asked for, and no more.
  for (const hold of holds) if ((ttlMs ?? hold.claim.ttlMs) !== hold.claim.ttlMs) host.names.forbidHandOver(hold)
  const extending = extendUntil(host, holds, {
    until,
    ttlOf: ({ claim }) => ttlMs ?? claim.ttlMs,
    emits: true,
    onStarted,
    isWanted: () => lease.held && isWanted(),
  })
  runInBackground(host, extending)
  const failure = await extending
  if (!lease.held) throw lease.notHeldError()
  if (failure === undefined) return
  const quoted = holds.map(({ claim }) => quoteName(claim.name)).join(', ')
  throw callError(`the lease on ${quoted} was not extended`, failure, holds[0]?.claim.owner)
}
