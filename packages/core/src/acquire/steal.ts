import { acquireOne } from './acquire-one.js'
import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { askOnce } from '../store/ask.js'
import type { AcquireSettings } from '../options/settings.js'
import { isLockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import type { Hold } from '../hold/hold.js'

/** Acquires a name whoever holds it. Who holds it here is told before the thief has it. */
export async function steal(
  engine: Engine,
  name: string,
  settings: AcquireSettings,
  once: boolean,
): Promise<LeaseHandle | null> {
  const robbed = localHoldsOn(engine, name)
  const lease = await acquireOne(engine, name, settings, once)
  if (lease !== null) revokeTaken(engine, name, robbed)
  return lease
}

/** Frees a name whoever holds it. */
export async function forceRelease(engine: Engine, name: string, timeoutMs: number): Promise<boolean> {
  const robbed = localHoldsOn(engine, name)
  let held: boolean
  try {
    held = await askOnce(engine, quoteName(name), timeoutMs, (call) => engine.backend.evict(name, call))
  } catch (error) {
    // The name may have been freed, although the reply was lost: the store is asked who holds it.
    if (!isLockError(error, 'LOCK_BACKEND')) engine.lossChecks.check(name, null)
    throw error
  }
  revokeTaken(engine, name, robbed)
  return held
}

/** What is held here under a name, before a command is sent that takes it away: no later grant is meant by that. */
export function localHoldsOn({ holds: held }: Engine, name: string): readonly Hold[] {
  return [...held.values()].filter(({ claim }) => claim.name === name)
}

export function revokeTaken(engine: Engine, name: string, robbed: readonly Hold[]): void {
  for (const hold of robbed) hold.lose('it was taken by force')
  // What was granted here while the command was under way may have been granted before it, or after.
  engine.lossChecks.check(name, null)
}
