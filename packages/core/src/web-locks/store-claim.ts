import { budgetOf } from '../acquire/acquire-one.js'
import { Acquisition } from '../acquire/acquisition.js'
import { askStore } from '../acquire/ask-store.js'
import { loseTaken } from '../acquire/steal.js'
import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import type { StoreName } from './names.js'

/** How a lock is asked for. */
export interface ClaimTerms {
  readonly settings: AcquireSettings
}

/** A method of it is called, synchronously, when the claim ends. */
export interface ClaimListener {
  /** @param lease `null` when one attempt was refused. */
  onGrant(lease: LeaseHandle | null): void
  onFailure(reason: unknown): void
}

/** A claim that has been sent to the store. */
export interface StoreClaim {
  /** Resolves when the store has answered the first attempt, at the latest when the claim has ended. */
  readonly answered: Promise<void>
  /** Takes the claim back, also when it was granted meanwhile. Resolves when the store has released it. */
  cancel(reason: unknown): Promise<void>
}

/**
 * Claims a name for one request, with a place of its own at the store: it does not queue behind other requests of this
 * locker.
 */
export function claimAtStore(
  engine: Engine,
  { name, label }: StoreName,
  { settings, onGrant, onFailure }: ClaimTerms & ClaimListener,
): StoreClaim {
  const taken = settings.steal ? [...engine.names.holdsOf(name)] : []
  let answer = (): void => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const since = engine.clock.now()
  const acquisition = new Acquisition(engine, name, settings, {
    since,
    budget: budgetOf(since, settings),
    storeOnly: { label, answered: () => answer() },
  })
  acquisition.register()
  const settled = askStore(acquisition).then(
    (lease) => {
      if (lease !== null && settings.steal) loseTaken(engine, name, taken)
      // In the same turn of the promise queue: an abort between the two would leave the lease without a holder.
      onGrant(lease)
      answer()
      return lease
    },
    (error: unknown) => {
      // A steal whose outcome is unknown may have taken the name from this locker.
      if (settings.steal) engine.lossChecks.check(name)
      onFailure(error)
      answer()
      return null
    },
  )
  return {
    answered,
    cancel: async (reason) => {
      acquisition.abort(reason)
      const lease = await settled
      await lease?.releaseNow()
      await acquisition.released
    },
  }
}
