import type { Engine } from '../engine/engine.js'
import { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { isObserved, ObservedCall } from '../observer/observed-call.js'
import type { AcquireSettings } from '../options/settings.js'
import type { NameOrNames } from './busy.js'
import { acquireMany } from './acquire-many.js'
import { acquireOne } from './acquire-one.js'
import { isOf, reenter, reentryLookup } from './reenter.js'
import { steal } from './steal.js'
import { throwIfAborted } from '../timers/abort-listeners.js'
import { rejecting } from '../timers/later.js'

/**
 * Acquires by the way that the settings ask for: re-entering, by force, one name or several. `null`: not acquired.
 * With an observer, each call has one start and one end, whichever way it takes.
 */
export function acquire(engine: Engine, name: NameOrNames, settings: AcquireSettings): Promise<LeaseHandle | null> {
  return isObserved(engine) ? acquireObserved(engine, name, settings) : acquireChecked(engine, name, settings)
}

async function acquireObserved(
  engine: Engine,
  name: NameOrNames,
  settings: AcquireSettings,
): Promise<LeaseHandle | null> {
  const { mode, signal } = settings
  const observed = new ObservedCall(engine, { names: [name].flat(), mode, signal })
  try {
    const lease = await rejecting(engine.clock, () => acquireChecked(engine, name, { ...settings, observed }))
    // Where a lease was acquired, the call has ended already, in the moment in which the lease began.
    if (lease === null) observed.failed()
    return lease
  } catch (error) {
    observed.failed(error)
    throw error
  }
}

function acquireChecked(engine: Engine, name: NameOrNames, settings: AcquireSettings): Promise<LeaseHandle | null> {
  const { backend } = engine
  if (settings.mode === 'shared' && !backend.capabilities.shared)
    throw new LockError('LOCK_UNSUPPORTED', `the backend ${backend.name} does not offer shared leases`)
  engine.throwIfClosed()
  if (settings.within !== undefined || engine.context !== undefined) return reenterOrAcquire(engine, name, settings)
  return acquireAnew(engine, name, settings)
}

function acquireAnew(engine: Engine, name: NameOrNames, settings: AcquireSettings): Promise<LeaseHandle | null> {
  if (typeof name !== 'string') return acquireMany(engine, name, settings)
  return settings.steal ? steal(engine, name, settings) : acquireOne(engine, name, settings)
}

function reenterOrAcquire(engine: Engine, name: NameOrNames, settings: AcquireSettings): Promise<LeaseHandle | null> {
  const { within, signal } = settings
  throwIfAborted(signal)
  const lookup = reentryLookup(engine, settings)
  const names = [name].flat()
  const reentries = names.flatMap((one) => lookup(one) ?? [])
  if (within !== undefined && !reentries.some((each) => isOf(within, each))) throw new TypeError(notWithin(names))
  const [reentry] = reentries
  if (reentry === undefined) return acquireAnew(engine, name, settings)
  if (typeof name === 'string') return Promise.resolve(reenter(reentry, settings))
  // `minHoldMs` counts from when all names are held, so it does not apply yet to the names that are re-entered here.
  const terms = { ...settings.terms, minHoldMs: 0 }
  return acquireMany(
    engine,
    name,
    settings,
    reentries.map((each) => reenter(each, { ...settings, terms, isPart: true })),
  )
}

const notWithin = (names: readonly string[]): string =>
  `within must be a lease of this locker that holds ${names.map(quoteName).join(' or ')}`
