import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import { runInBackground } from '../timers/background.js'
import type { Budget } from '../timers/budget.js'
import { Acquisition } from './acquisition.js'
import { askStore } from './ask-store.js'

/**
 * Begins an acquisition of each name; `null` when this process holds or waits for one of them.
 * @param names in the order in which every caller acquires them
 */
export function registerAll(
  engine: Engine,
  names: readonly string[],
  settings: AcquireSettings,
  budget: Budget,
): readonly Acquisition[] | null {
  const options = { since: engine.clock.now(), budget, isAtOnce: true }
  const acquisitions = names.map((name) => new Acquisition(engine, name, settings, options))
  if (!acquisitions.map((acquisition) => acquisition.register()).includes(false)) return acquisitions
  for (const acquisition of acquisitions) acquisition.unregister()
  return null
}

/** The leases on the first names, and whether the acquisition of the next one is over without a lease. */
export interface AtOnce {
  readonly leases: readonly LeaseHandle[]
  readonly isOver: boolean
}

/**
 * Asks the store for all names in one turn of the event loop, so that a backend can send one command. The first name in
 * order that is not granted is waited for. Those after it are given up, because a caller that held one of them while it
 * waits for an earlier name could be part of a deadlock: they are acquired in order afterwards.
 *
 * @throws the error of the name that was waited for; nothing is held then
 */
export async function askAtOnce(engine: Engine, acquisitions: readonly Acquisition[]): Promise<AtOnce> {
  const leases: LeaseHandle[] = []
  let waitedFor = acquisitions.length
  let failure: { readonly error?: unknown } | undefined
  const waitFor = (at: number): void => {
    waitedFor = at
    failure = undefined
    for (const later of acquisitions.slice(at + 1)) later.abort(undefined)
    void releaseAll(engine, leases.splice(at))
  }
  const fail = (at: number, failed: { readonly error?: unknown }): void => {
    if (at > waitedFor) return
    if (at < waitedFor) waitFor(at)
    failure = failed
  }
  const take = (at: number, lease: LeaseHandle): void => {
    if (at > waitedFor) void releaseAll(engine, [lease])
    else leases[at] = lease
  }
  await Promise.all(
    acquisitions.map((acquisition, at) => {
      acquisition.onNotAtOnce = () => waitFor(at)
      return askStore(acquisition).then(
        (lease) => (lease === null ? fail(at, {}) : take(at, lease)),
        (error: unknown) => fail(at, { error }),
      )
    }),
  )
  if (failure === undefined || !('error' in failure)) return { leases, isOver: failure !== undefined }
  void releaseAll(engine, leases)
  throw failure.error
}

/** Releases leases in one turn of the event loop. */
export function releaseAll(engine: Engine, leases: readonly LeaseHandle[]): Promise<unknown> {
  const releasing = Promise.all(leases.map((lease) => lease.releaseNow()))
  runInBackground(engine, releasing)
  return releasing
}
