import { now } from '../history/event.js'
import { callOn, sample, untilSignalled, writeBy } from './calls.js'
import { type Held, pause, pick, type Tools } from './tools.js'

/** Works under a lease for a while: looks at it, writes, extends it, is slow, blocks. Answers whether it is still held. */
export async function use(tools: Tools, held: Held): Promise<boolean> {
  const { random, isFinishing } = tools
  const { ttlMs } = held.terms
  const long = random(6) === 0
  const until = now() + (long ? random(2 * ttlMs) : random(80))
  const blocksAt = random(40) === 0 ? now() + random(100) : Infinity
  let blocked = false
  while (sample(tools, held)) {
    if (now() >= until || isFinishing()) return true
    const dice = random(20)
    if (!blocked && now() > blocksAt) {
      blocked = true
      block(random(ttlMs * 1.5))
    } else if (dice < 6) await writeBy(tools, held)
    else if (dice > 12 && held.terms.mode === 'exclusive' && tools.guardedWrite !== undefined)
      await guarded(tools, held)
    else if (dice === 6 && typeof held.lease.extend === 'function') await extend(tools, held)
    else await pause(2 + random(25))
  }
  await untilSignalled(held)
  return false
}

// Extends to the lease's own ttl only: an extension that is sent twice cuts a lease that was extended to longer
// meanwhile, as is documented.
function extend(tools: Tools, held: Held): Promise<unknown> {
  const { lease, terms } = held
  const ttlMs = tools.random(2) === 0 ? terms.ttlMs : undefined
  return callOn(tools, 'extend', { held, act: () => lease.extend(ttlMs).then(() => 'done' as const) })
}

/** Writes under the guard of the store, which decides whether the lease is held: it is not looked at here any more. */
async function guarded(tools: Tools, held: Held): Promise<void> {
  const { random, guardedWrite } = tools
  const { lease, names, terms } = held
  const write = { lease, name: pick(random, names), ttlMs: terms.ttlMs, random }
  await callOn(tools, 'guardedWrite', {
    held,
    names: [write.name],
    act: async () => (await guardedWrite?.(write)) ?? 'failed',
  })
}

/** Keeps the event loop busy, as a long computation does. */
function block(ms: number): void {
  const until = now() + ms
  while (now() < until);
}
