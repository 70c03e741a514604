import { Acquisition } from './acquisition.js'
import type { Engine } from './engine.js'
import type { HeldLease } from './held-lease.js'
import type { Settings } from './options.js'
import { pursue } from './pursuit.js'

/** What a timer can tell apart. Of two who began to wait in the same moment, the second has less left than this. */
const TIMER_MS = 1

/**
 * Acquires one name, with one attempt or by waiting for it. Answers `null` when it is certainly not acquired.
 *
 * Runs synchronously up to the call to the store, so that calls take effect in the order in which they were made.
 */
export function acquire(engine: Engine, name: string, settings: Settings, once: boolean): Promise<HeldLease | null> {
  settings.signal?.throwIfAborted()
  const acquisition = new Acquisition(engine, name, settings, once || settings.waitMs === 0)
  acquisition.begin()
  return !acquisition.lined || acquisition.called ? pursue(acquisition) : waitThenPursue(acquisition)
}

async function waitThenPursue(acquisition: Acquisition): Promise<HeldLease | null> {
  await acquisition.waitForTurn()
  const { lease, stopped, called, engine, until } = acquisition
  // Called at the very end of its patience, it does not begin to ask: the answer could only come too late.
  const inTime = engine.clock.now() + TIMER_MS <= until
  if (!stopped && lease === undefined && called && inTime) return pursue(acquisition)
  acquisition.end()
  // What was handed over at the moment when the wait was ended is given back.
  if (stopped) await lease?.discard()
  if (stopped) throw acquisition.reason
  return lease ?? null
}
