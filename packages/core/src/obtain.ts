import { acquire } from './acquire.js'
import type { LockContext } from './context.js'
import type { Engine } from './engine.js'
import { LockError } from './errors.js'
import { steal } from './force.js'
import type { HeldLease } from './held-lease.js'
import { acquireAll } from './joint.js'
import type { Settings } from './options.js'
import { quote } from './quote.js'
import { entrances, reenter } from './reentry.js'

/** One name, or several that differ. */
export type Names = string | readonly string[]

/** Which way a name is to be had: by entering what is held already, by force, or by asking for it. */
export function obtain(
  engine: Engine,
  name: Names,
  settings: Settings,
  once: boolean,
  context: LockContext | undefined,
): Promise<HeldLease | null> {
  if (settings.within !== undefined || context !== undefined)
    return enterOrObtain(engine, name, settings, once, context)
  if (typeof name !== 'string') return acquireAll(engine, name, settings, once, [])
  return settings.steal ? steal(engine, name, settings, once) : acquire(engine, name, settings, once)
}

function enterOrObtain(
  engine: Engine,
  name: Names,
  settings: Settings,
  once: boolean,
  context: LockContext | undefined,
): Promise<HeldLease | null> {
  const { within, signal } = settings
  signal?.throwIfAborted()
  const entrance = entrances(engine, settings, context)
  const reentries = [name].flat().flatMap((one) => entrance(one) ?? [])
  if (within !== undefined && reentries.length === 0) throw new TypeError(notWithin([name].flat()))
  if (typeof name !== 'string') {
    // How long at least counts for the whole, once that is held.
    const terms = { ...settings, term: { ...settings.term, minHoldMs: 0 } }
    const entered = reentries.map((reentry) => reenter(reentry, terms))
    return acquireAll(engine, name, settings, once, entered)
  }
  const [reentry] = reentries
  if (reentry !== undefined) return Promise.resolve(reenter(reentry, settings))
  return obtain(engine, name, settings, once, undefined)
}

/** Who acquires a lease, as opposed to trying to, has one in the end. */
export function orBusy(lease: HeldLease | null, name: Names): HeldLease {
  if (lease !== null) return lease
  const what = typeof name === 'string' ? quote(name) : `one of ${name.map(quote).join(', ')}`
  throw new LockError('LOCK_BUSY', `${what} is held by somebody else`)
}

const notWithin = (names: readonly string[]): string =>
  `within must be a lease of this locker that holds ${names.map(quote).join(' or ')}`
