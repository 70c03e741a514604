import { isCallFailure } from '../store/call.js'
import type { LockMode } from '../backend.js'
import { LockError } from '../errors/errors.js'
import { extendHolds } from '../hold/extend.js'
import { emit } from '../observer.js'
import { FIRST_RETRY_MS, Sleep } from '../timers/sleep.js'
import { quoteName, messageOf } from '../errors/messages.js'
import { redact } from '../errors/redact.js'
import type { Hold } from '../hold/hold.js'

/** The lease as far as extending it goes. */
export interface Extendable {
  readonly held: boolean
  readonly mode: LockMode
  notHeldError(): LockError
}

/**
 * Extends what a lease holds, by one call to the store, and what failed again, within the bound of one call. Without
 * `ttlMs`, each name to its own.
 * @throws `LOCK_LOST`, `LOCK_INDETERMINATE`, `LOCK_BACKEND`.
 */
export async function extendLease(lease: Extendable, holds: readonly Hold[], ttlMs?: number): Promise<void> {
  const [{ engine, term }] = holds as [Hold]
  const { clock, waitTimers: waits, observer } = engine
  const { mode } = lease
  const until = clock.now() + term.timeoutMs
  let left = holds
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    for (let busy = left.find(isExtending); busy !== undefined; busy = left.find(isExtending))
      await busy.extensionInFlight
    if (!lease.held) throw lease.notHeldError()
    const extensions = await extendHolds(engine, left, {
      timers: waits,
      until,
      ...(ttlMs !== undefined && { ttlMs }),
    })
    if (!lease.held) throw lease.notHeldError()
    const failure = extensions.find(isCallFailure)
    const failed = left.filter((_, i) => isCallFailure(extensions[i]))
    for (const hold of left) {
      if (failed.includes(hold)) hold.checkAt(clock.now() + delayMs)
      else emit(observer, 'renewed', () => ({ name: hold.claim.name, mode, remainingMs: hold.remainingMs() }))
    }
    if (failure === undefined) return
    left = failed
    if (!failure.retryable || clock.now() + delayMs >= until) {
      const cause = left.reduce<unknown>((safe, { claim }) => redact(safe, [claim.owner]), failure.cause)
      const code = failure.executed === 'no' ? 'LOCK_BACKEND' : 'LOCK_INDETERMINATE'
      const quoted = left.map(({ claim }) => quoteName(claim.name)).join(', ')
      throw new LockError(code, `the lease on ${quoted} was not extended: ${messageOf(cause)}`, { cause })
    }
    await new Sleep(waits, clock.now() + delayMs).done
  }
}

const isExtending = ({ extensionInFlight: extending }: Hold): boolean => extending !== undefined
