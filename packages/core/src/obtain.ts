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

/** Which way a name is to be had: by entering what is held already, by force, or by asking for it. */
export function obtain(
  engine: Engine,
  names: readonly string[],
  settings: Settings,
  once: boolean,
  context: LockContext | undefined,
): Promise<HeldLease | null> {
  const [name] = names as [string]
  const { within, signal } = settings
  if (within === undefined && context === undefined) {
    if (names.length > 1) return acquireAll(engine, names, settings, once, () => undefined)
    return settings.steal ? steal(engine, name, settings, once) : acquire(engine, name, settings, once)
  }
  signal?.throwIfAborted()
  const entrance = entrances(engine, settings, context)
  const entered = names.filter((one) => entrance(one) !== undefined)
  if (within !== undefined && entered.length === 0) throw new TypeError(notWithin(names))
  if (names.length > 1) return acquireAll(engine, names, settings, once, entrance)
  const reentry = entrance(name)
  if (reentry === undefined) return obtain(engine, names, settings, once, undefined)
  return Promise.resolve(reenter(reentry, settings))
}

/** Who acquires a lease, as opposed to trying to, has one in the end. */
export function orBusy(lease: HeldLease | null, names: readonly string[]): HeldLease {
  if (lease !== null) return lease
  throw new LockError('LOCK_BUSY', `${names.map(quote).join(', ')} is held by somebody else`)
}

const notWithin = (names: readonly string[]): string =>
  `within must be a lease of this locker that holds ${names.map(quote).join(' or ')}`
