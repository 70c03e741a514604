import { Acquisition } from './acquisition.js'
import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import { askStore } from './ask-store.js'

/** What a timer can tell apart. Of two who began to wait in the same moment, the second has less left than this. */
const TIMER_MS = 1

/**
 * Acquires one name, with one attempt or by waiting for it. Answers `null` when it is certainly not acquired.
 *
 * Runs synchronously up to the call to the store, so that calls take effect in the order in which they were made.
 */
export function acquireOne(
  engine: Engine,
  name: string,
  settings: AcquireSettings,
  once: boolean,
): Promise<LeaseHandle | null> {
  settings.signal?.throwIfAborted()
  const acquisition = new Acquisition(engine, name, settings, once || settings.waitMs === 0)
  acquisition.begin()
  return !acquisition.usesQueue || acquisition.admitted ? askStore(acquisition) : waitThenPursue(acquisition)
}

async function waitThenPursue(acquisition: Acquisition): Promise<LeaseHandle | null> {
  await acquisition.waitForTurn()
  const { lease, stopped, admitted: called, engine, until } = acquisition
  // Called at the very end of its patience, it does not begin to ask: the answer could only come too late.
  const inTime = engine.clock.now() + TIMER_MS <= until
  if (!stopped && lease === undefined && called && inTime) return askStore(acquisition)
  acquisition.unregister()
  // What was handed over at the moment when the wait was ended is given back.
  if (stopped) await lease?.releaseNow()
  if (stopped) throw acquisition.reason
  return lease ?? null
}
