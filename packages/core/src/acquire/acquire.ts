import { acquireOne } from './acquire-one.js'
import type { LockContext } from '../context.js'
import type { Engine } from '../engine/engine.js'
import { LockError } from '../errors/errors.js'
import { steal } from './steal.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { acquireMany } from './acquire-many.js'
import type { AcquireSettings } from '../options/settings.js'
import { quoteName } from '../errors/messages.js'
import { reentryLookup, reenter } from './reenter.js'

/** One name, or several that differ. */
export type Names = string | readonly string[]

/** Which way a name is to be had: by entering what is held already, by force, or by asking for it. */
export function acquire(
  engine: Engine,
  name: Names,
  settings: AcquireSettings,
  once: boolean,
  context: LockContext | undefined,
): Promise<LeaseHandle | null> {
  if (settings.within !== undefined || context !== undefined)
    return enterOrObtain(engine, name, settings, once, context)
  if (typeof name !== 'string') return acquireMany(engine, name, settings, once, [])
  return settings.steal ? steal(engine, name, settings, once) : acquireOne(engine, name, settings, once)
}

function enterOrObtain(
  engine: Engine,
  name: Names,
  settings: AcquireSettings,
  once: boolean,
  context: LockContext | undefined,
): Promise<LeaseHandle | null> {
  const { within, signal } = settings
  signal?.throwIfAborted()
  const lookup = reentryLookup(engine, settings, context)
  const reentries = [name].flat().flatMap((one) => lookup(one) ?? [])
  if (within !== undefined && reentries.length === 0) throw new TypeError(notWithin([name].flat()))
  if (typeof name !== 'string') {
    // How long at least counts for the whole, once that is held.
    const terms = { ...settings, term: { ...settings.term, minHoldMs: 0 } }
    const entered = reentries.map((reentry) => reenter(reentry, terms))
    return acquireMany(engine, name, settings, once, entered)
  }
  const [reentry] = reentries
  if (reentry !== undefined) return Promise.resolve(reenter(reentry, settings))
  return acquireOne(engine, name, settings, once)
}

/** Who acquires a lease, as opposed to trying to, has one in the end. */
export function orThrowBusy(lease: LeaseHandle | null, name: Names): LeaseHandle {
  if (lease !== null) return lease
  const what = typeof name === 'string' ? quoteName(name) : `one of ${name.map(quoteName).join(', ')}`
  throw new LockError('LOCK_BUSY', `${what} is held by somebody else`)
}

const notWithin = (names: readonly string[]): string =>
  `within must be a lease of this locker that holds ${names.map(quoteName).join(' or ')}`
