import { isFailure } from './attempt.js'
import { LockError } from './errors.js'
import { extendTogether } from './extension.js'
import type { HeldLease } from './held-lease.js'
import { tell } from './observer.js'
import { FIRST_RETRY_MS, Pause } from './pause.js'
import { quote } from './quote.js'
import { reasonOf, withoutSecret } from './redact.js'
import type { Tenure } from './tenure.js'

/**
 * Extends what a lease holds, by one call to the store, and what failed again, within the bound of one call. Without
 * `ttlMs`, each name to its own.
 * @throws `LOCK_LOST`, `LOCK_INDETERMINATE`, `LOCK_BACKEND`.
 */
export async function extendHeld(lease: HeldLease, tenures: readonly Tenure[], ttlMs?: number): Promise<void> {
  const [{ engine, term }] = tenures as [Tenure]
  const { clock, waits, observer } = engine
  const { mode } = lease
  const until = clock.now() + term.timeoutMs
  let left = tenures
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    for (let busy = left.find(isExtending); busy !== undefined; busy = left.find(isExtending)) await busy.extending
    if (!lease.held) throw lease.notHeld()
    const extensions = await extendTogether(engine, left, {
      alarms: waits,
      until,
      ...(ttlMs !== undefined && { ttlMs }),
    })
    if (!lease.held) throw lease.notHeld()
    const failure = extensions.find(isFailure)
    const failed = left.filter((_, i) => isFailure(extensions[i]))
    for (const tenure of left) {
      if (failed.includes(tenure)) tenure.wakeAt(clock.now() + delayMs)
      else tell(observer, 'renewed', () => ({ name: tenure.claim.name, mode, remainingMs: tenure.left() }))
    }
    if (failure === undefined) return
    left = failed
    if (!failure.retryable || clock.now() + delayMs >= until) {
      const cause = left.reduce<unknown>((safe, { claim }) => withoutSecret(safe, claim.owner), failure.cause)
      const code = failure.executed === 'no' ? 'LOCK_BACKEND' : 'LOCK_INDETERMINATE'
      const quoted = left.map(({ claim }) => quote(claim.name)).join(', ')
      throw new LockError(code, `the lease on ${quoted} was not extended: ${reasonOf(cause)}`, { cause })
    }
    await new Pause(waits, clock.now() + delayMs).done
  }
}

const isExtending = ({ extending }: Tenure): boolean => extending !== undefined
