import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { HoldTerms } from '../options/options.js'
import type { AcquireSettings } from '../options/settings.js'
import type { Budget } from '../timers/budget.js'
import { askAtOnce, registerAll, releaseAll } from './acquire-at-once.js'
import { acquireOne } from './acquire-one.js'
import { steal } from './steal.js'

/** Until all names are held, a part is renewed if it waits for others, and the caller's own terms do not begin to count. */
const termsOfPart = (terms: HoldTerms, names: readonly string[]): HoldTerms => ({
  ...terms,
  renew: terms.renew || names.length > 1,
  maxHoldMs: Infinity,
  minHoldMs: 0,
})

/**
 * Acquires the names, each as a lease of its own: all at once where they are free, else one after the other in the order
 * of `names`. Answers fewer leases when a name could not be acquired.
 *
 * A call with a number of attempts for each name asks in order from the start. Of two calls with one attempt that asked
 * at once, each could get one of two names, and both would fail.
 */
export async function acquireParts(
  engine: Engine,
  names: readonly string[],
  settings: AcquireSettings,
  budget: Budget,
): Promise<readonly LeaseHandle[]> {
  const partSettings = { ...settings, throwsBusy: false, isPart: true, terms: termsOfPart(settings.terms, names) }
  const inOrder = names.length < 2 || settings.once || settings.steal || settings.maxAttempts !== Infinity
  const acquisitions = inOrder ? null : registerAll(engine, names, partSettings, budget)
  // Without a wait where nothing was asked: calls take effect in the order in which they were made.
  if (acquisitions === null) return acquireInOrder(engine, { names, acquired: [] }, partSettings, budget)
  const { leases, isOver } = await askAtOnce(engine, acquisitions)
  return isOver ? leases : acquireInOrder(engine, { names, acquired: leases }, partSettings, budget)
}

/** Acquires one name after the other, until one cannot be had. */
async function acquireInOrder(
  engine: Engine,
  { names, acquired }: { readonly names: readonly string[]; readonly acquired: readonly LeaseHandle[] },
  settings: AcquireSettings,
  budget: Budget,
): Promise<readonly LeaseHandle[]> {
  const acquirePart = settings.steal ? steal : acquireOne
  const parts = [...acquired]
  try {
    for (const name of names.slice(acquired.length)) {
      engine.throwIfClosed()
      if (parts.length > 0 && !settings.once && engine.clock.now() >= budget.until) return parts
      const part = await acquirePart(engine, name, settings, budget)
      if (part === null) return parts
      parts.push(part)
    }
    return parts
  } catch (error) {
    void releaseAll(engine, parts)
    throw error
  }
}
