import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import { runInBackground } from '../timers/background.js'
import type { Budget } from '../timers/budget.js'
import { Acquisition } from './acquisition.js'
import { askStore } from './ask-store.js'

/** The first name, so far, that was not granted, with or without an error. */
interface Failure {
  readonly at: number
  readonly error?: unknown
}

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
  const options = { since: engine.clock.now(), budget, onlyIfFree: true }
  const acquisitions = names.map((name) => new Acquisition(engine, name, settings, options))
  if (!acquisitions.map((acquisition) => acquisition.register()).includes(false)) return acquisitions
  for (const acquisition of acquisitions) acquisition.unregister()
  return null
}

/**
 * Asks the store for all names in one turn of the event loop, so that a backend can send one command. Each is asked for
 * once. It waits for no other owner, and so cannot be part of a deadlock.
 *
 * @returns the leases on the first names, up to the first that was not granted; leases on later ones are released,
 * because the caller must not hold them while it waits for an earlier name
 * @throws the error of the first name that was not granted, if asking again cannot help; nothing is held then
 */
export async function askAtOnce(engine: Engine, acquisitions: readonly Acquisition[]): Promise<readonly LeaseHandle[]> {
  let failure: Failure = { at: acquisitions.length }
  const leases: LeaseHandle[] = []
  const fail = (failed: Failure): void => {
    if (failed.at > failure.at) return
    failure = failed
    // The answers for the names before it are waited for, as if all had been asked for one after the other. Later ones
    // are not.
    for (const later of acquisitions.slice(failed.at + 1)) later.abort(undefined)
    void releaseAll(engine, leases.splice(failed.at))
  }
  const take = (lease: LeaseHandle, at: number): void => {
    if (at > failure.at) void releaseAll(engine, [lease])
    else leases[at] = lease
  }
  await Promise.all(
    acquisitions.map((acquisition, at) =>
      askStore(acquisition).then(
        (lease) => (lease === null ? fail({ at }) : take(lease, at)),
        (error: unknown) => fail({ at, error }),
      ),
    ),
  )
  if (!('error' in failure)) return leases
  void releaseAll(engine, leases)
  throw failure.error
}

/** Releases leases in one turn of the event loop. */
export function releaseAll(engine: Engine, leases: readonly LeaseHandle[]): Promise<unknown> {
  const releasing = Promise.all(leases.map((lease) => lease.releaseNow()))
  runInBackground(engine, releasing)
  return releasing
}
