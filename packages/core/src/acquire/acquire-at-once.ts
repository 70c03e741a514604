import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import type { Budget } from '../timers/budget.js'
import { Acquisition } from './acquisition.js'
import { askStore } from './ask-store.js'

/** How asking for one of the names ended. */
type Outcome = { readonly lease: LeaseHandle | null } | { readonly error: unknown }

/** Ends the acquisition of a name that is not wanted any more. */
const NOT_WANTED = new Error('a name before it was not acquired')

export interface AtOnce {
  /** The leases on the first names, up to the first name that was refused. */
  readonly kept: readonly LeaseHandle[]
  /** Leases on later names, to be released: the caller must not hold them while it waits for an earlier name. */
  readonly spare: readonly LeaseHandle[]
}

/**
 * Asks the store for all names in one turn of the event loop, so that a backend can send one command. Waits for no other
 * owner, and so cannot be part of a deadlock. A name that this process holds or waits for counts as refused; nothing is
 * sent then.
 *
 * @param names in the order in which every caller acquires them
 * @throws the error of the first name that was not acquired, if it was not refused; nothing is held then
 */
export async function acquireAtOnce(
  engine: Engine,
  names: readonly string[],
  settings: AcquireSettings,
  budget: Budget,
): Promise<AtOnce> {
  budget.signal?.throwIfAborted()
  const since = engine.clock.now()
  const acquisitions = names.map((name) => new Acquisition(engine, name, settings, { since, budget, onlyIfFree: true }))
  // Each of them, before any is sent.
  const admitted = acquisitions.map((acquisition) => acquisition.register())
  if (admitted.includes(false)) {
    for (const acquisition of acquisitions) acquisition.unregister()
    return { kept: [], spare: [] }
  }
  const outcomes = await Promise.all(
    acquisitions.map(async (acquisition, i): Promise<Outcome> => {
      const outcome = await outcomeOf(acquisition)
      // The names before it have to be certain, as if they had been asked for one after the other. Later ones have not.
      if (!isGranted(outcome)) for (const later of acquisitions.slice(i + 1)) later.abort(NOT_WANTED)
      return outcome
    }),
  )
  return sorted(outcomes)
}

async function outcomeOf(acquisition: Acquisition): Promise<Outcome> {
  try {
    return { lease: await askStore(acquisition) }
  } catch (error) {
    return { error }
  }
}

const isGranted = (outcome: Outcome): outcome is { readonly lease: LeaseHandle } =>
  'lease' in outcome && outcome.lease !== null

function sorted(outcomes: readonly Outcome[]): AtOnce {
  const leases = (some: readonly Outcome[]): LeaseHandle[] => some.filter(isGranted).map(({ lease }) => lease)
  const at = outcomes.findIndex((outcome) => !isGranted(outcome))
  if (at < 0) return { kept: leases(outcomes), spare: [] }
  const failed = outcomes[at] as Outcome
  if (!('error' in failed)) return { kept: leases(outcomes.slice(0, at)), spare: leases(outcomes.slice(at)) }
  for (const lease of leases(outcomes)) void lease.releaseNow()
  throw failed.error
}
