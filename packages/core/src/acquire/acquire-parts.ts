import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import type { Budget } from '../timers/budget.js'
import { acquireAtOnce, releaseAll } from './acquire-at-once.js'
import { acquireOne } from './acquire-one.js'
import { steal } from './steal.js'

/** A part is renewed until all names are held; only then do the caller's own terms begin to count. */
const WHILE_INCOMPLETE = { renew: true, maxHoldMs: Infinity, minHoldMs: 0 }

/**
 * Acquires the names, each as a lease of its own: all at once where they are free, else one after the other in the order
 * of `names`. Answers fewer leases when a name could not be acquired.
 *
 * A call with one attempt for each name asks in order from the start. Of two such calls that asked at once, each could
 * get one of two names, and both would fail.
 */
export async function acquireParts(
  engine: Engine,
  names: readonly string[],
  settings: AcquireSettings,
  budget: Budget,
): Promise<readonly LeaseHandle[]> {
  const { maxAttempts, terms } = settings
  const partSettings = { ...settings, throwsBusy: false, isPart: true, terms: { ...terms, ...WHILE_INCOMPLETE } }
  if (names.length < 2 || settings.once || settings.steal || maxAttempts === 1)
    return acquireInOrder(engine, { names, acquired: [] }, partSettings, budget)
  const acquired = await acquireAtOnce(engine, names, partSettings, budget)
  return acquireInOrder(engine, { names, acquired }, { ...partSettings, maxAttempts: maxAttempts - 1 }, budget)
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
