import { acquire } from './acquire.js'
import type { Engine } from './engine.js'
import type { HeldLease } from './held-lease.js'
import { ask } from './inspection.js'
import type { Settings } from './options.js'
import { quote } from './quote.js'
import type { Tenure } from './tenure.js'

/** Acquires a name whoever holds it. Who holds it here is told before the thief has it. */
export async function steal(
  engine: Engine,
  name: string,
  settings: Settings,
  once: boolean,
): Promise<HeldLease | null> {
  const robbed = heldUnder(engine, name)
  const lease = await acquire(engine, name, settings, once)
  if (lease !== null) tellRobbed(engine, name, robbed)
  return lease
}

/** Frees a name whoever holds it. */
export async function evict(engine: Engine, name: string, timeoutMs: number): Promise<boolean> {
  const robbed = heldUnder(engine, name)
  const held = await ask(engine, quote(name), timeoutMs, (call) => engine.backend.evict(name, call))
  tellRobbed(engine, name, robbed)
  return held
}

/** What is held here under a name, before a command is sent that takes it away: no later grant is meant by that. */
export function heldUnder({ held }: Engine, name: string): readonly Tenure[] {
  return [...held.values()].filter(({ claim }) => claim.name === name)
}

export function tellRobbed(engine: Engine, name: string, robbed: readonly Tenure[]): void {
  for (const tenure of robbed) tenure.lose('it was taken by force')
  // What was granted here while the command was under way may have been granted before it, or after.
  engine.doubts.raise({ name, owner: '' })
}
