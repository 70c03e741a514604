import type { Engine } from '../engine/engine.js'
import { quoteName } from '../errors/messages.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { Hold } from '../hold/hold.js'
import type { AcquireSettings } from '../options/settings.js'
import { checkEvicted } from '../store/answers.js'
import { askOnce } from '../store/ask.js'
import type { Budget } from '../timers/budget.js'
import { acquireOne } from './acquire-one.js'

/** Acquires a name by force. Its holders in this locker lose it before the new lease is answered. */
export function steal(
  engine: Engine,
  name: string,
  settings: AcquireSettings,
  budget?: Budget,
): Promise<LeaseHandle | null> {
  return takeByForce(engine, name, () => acquireOne(engine, name, settings, budget))
}

/** Frees a name by force. Answers whether it was held. */
export function forceRelease(engine: Engine, name: string, timeoutMs: number): Promise<boolean> {
  return takeByForce(engine, name, () =>
    askOnce(
      engine,
      `the forced release of ${quoteName(name)} failed`,
      timeoutMs,
      (call) => engine.backend.evict(name, call),
      checkEvicted,
    ),
  )
}

/**
 * Runs a command that takes a name from its holders. When it is answered, this locker's holds from before the command
 * are lost; a hold granted meanwhile may be. When it has no answer, or took the name for a lease that came too late, all
 * of them may be: the store is asked.
 */
export async function takeByForce<T>(engine: Engine, name: string, command: () => Promise<T>): Promise<T> {
  const before = [...engine.names.holdsOf(name)]
  let answer: T | null = null
  try {
    answer = await command()
    return answer
  } finally {
    loseTaken(engine, name, answer === null ? [] : before)
  }
}

/** Ends the holds that a command, sent when they were held, has taken away. */
export function loseTaken(engine: Engine, name: string, before: Iterable<Hold>): void {
  for (const hold of before) hold.lose('it was taken by force')
  // A hold that was granted while the command was under way may have been granted before it, or after.
  engine.lossChecks.check(name)
}
