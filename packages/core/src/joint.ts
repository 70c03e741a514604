import { acquire } from './acquire.js'
import type { Engine } from './engine.js'
import { enter } from './entries.js'
import { isLockError } from './errors.js'
import { steal } from './force.js'
import { HeldLease } from './held-lease.js'
import type { Settings } from './options.js'
import type { Tenure } from './tenure.js'

/** What is held already under a name, if it is to be entered instead of acquired. */
export type Entrance = (name: string) => Reentry | undefined

export interface Reentry {
  readonly tenure: Tenure
  readonly fence: number | null
}

/** A part of the whole is renewed until the whole is held; only then does what the caller asked for begin to count. */
const WHILE_INCOMPLETE = { renew: true, maxHoldMs: Infinity, minHoldMs: 0 }

/**
 * Acquires several names, all or nothing. One after the other in an order that is the same for everyone, so that no two
 * callers can each hold what the other waits for (Havender 1968). Answers `null` when not all could be had.
 */
export async function acquireAll(
  engine: Engine,
  names: readonly string[],
  settings: Settings,
  once: boolean,
  entrance: Entrance,
): Promise<HeldLease | null> {
  const { clock } = engine
  const until = clock.now() + settings.waitMs
  const ordered = names.toSorted(byCodeUnits).filter((name) => entrance(name) === undefined)
  for (;;) {
    const parts: HeldLease[] = []
    try {
      for (const name of ordered) {
        const waitMs = Math.max(0, until - clock.now())
        const term = { ...settings.term, ...WHILE_INCOMPLETE }
        const part = await (settings.steal ? steal : acquire)(engine, name, { ...settings, waitMs, term }, once)
        if (part === null) return await giveUp(parts)
        parts.push(part)
      }
      const entered = names.flatMap((name) => entrance(name) ?? [])
      if (parts.every(({ held }) => held)) {
        const lease = join(names, parts, entered, settings)
        if (settings.term.renew || ordered.length < 2 || (await lastsAsAsked(lease, settings.ttlMs))) return lease
      }
      // One was lost while another was waited for.
      await giveUp(parts)
      if (once || clock.now() >= until) return null
    } catch (error) {
      await giveUp(parts)
      throw error
    }
  }
}

/** Makes one lease of its parts. */
function join(
  names: readonly string[],
  parts: readonly HeldLease[],
  entered: readonly Reentry[],
  { mode, term }: Settings,
): HeldLease {
  const own = parts.flatMap((part) => HeldLease.tenuresOf(part) ?? [])
  const byName = new Map([...own, ...entered.map(({ tenure }) => tenure)].map((tenure) => [tenure.claim.name, tenure]))
  const tenures = names.map((name) => byName.get(name) as Tenure)
  const fenceOf = new Map([
    ...parts.map(({ name, fence }) => [name, fence] as const),
    ...entered.map(({ tenure, fence }) => [tenure.claim.name, fence] as const),
  ])
  const [{ engine }] = tenures as [Tenure]
  const fences = new Map(names.map((name) => [name, fenceOf.get(name) ?? null]))
  const lease = new HeldLease(tenures, fences, engine.clock.now(), mode)
  for (const tenure of own) {
    tenure.holder = lease
    tenure.heldOn(term)
  }
  for (const { tenure } of entered) enter(tenure, lease)
  return lease
}

/** Without renewal, its first names have less time left than its last. */
async function lastsAsAsked(lease: HeldLease, ttlMs: number): Promise<boolean> {
  try {
    await lease.extend(ttlMs)
    return true
  } catch (error) {
    await lease.discard()
    if (isLockError(error, 'LOCK_LOST')) return false
    throw error
  }
}

async function giveUp(parts: readonly HeldLease[]): Promise<null> {
  await Promise.all(parts.map((part) => part.discard()))
  return null
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
