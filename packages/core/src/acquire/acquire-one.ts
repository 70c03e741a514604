import type { Engine } from '../engine/engine.js'
import { releaseHolder } from '../handle/release.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import type { Budget } from '../timers/budget.js'
import { Acquisition } from './acquisition.js'
import { askStore } from './ask-store.js'
import { throwIfAborted } from '../timers/abort-listeners.js'

/** The budget of one call of the user: without a wait it is bounded like every call to the store. */
export function budgetOf(since: number, { waitMs, terms, signal }: AcquireSettings): Budget {
  return { until: since + (waitMs === 0 ? terms.timeoutMs : waitMs), signal }
}

/**
 * Acquires one name. Answers `null` when it is certainly not acquired.
 *
 * Runs synchronously up to the call to the store, so that calls take effect in the order in which they were made.
 */
export function acquireOne(
  engine: Engine,
  name: string,
  settings: AcquireSettings,
  budget?: Budget,
): Promise<LeaseHandle | null> {
  const since = engine.clock.now()
  const acquisition = new Acquisition(engine, name, settings, { since, budget: budget ?? budgetOf(since, settings) })
  throwIfAborted(acquisition.budget.signal)
  return acquisition.register() ? askStore(acquisition) : waitThenAsk(acquisition)
}

async function waitThenAsk(acquisition: Acquisition): Promise<LeaseHandle | null> {
  await acquisition.waitInQueue()
  const { handedOver, aborted } = acquisition
  if (handedOver === undefined && acquisition.admitted && !acquisition.isOver) return askStore(acquisition)
  acquisition.unregister()
  if (aborted === undefined) return acquisition.takeHandedOver()
  if (handedOver !== undefined) {
    // Handed over in the moment in which the wait was ended: the next waiter gets it, or the store.
    acquisition.released = releaseHolder(handedOver, acquisition)
  }
  throw aborted.reason
}
