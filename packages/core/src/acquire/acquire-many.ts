import { acquireOne } from './acquire-one.js'
import { runInBackground } from '../timers/background.js'
import { type Engine, throwIfClosed } from '../engine/engine.js'
import { addHolder, releaseHolder } from '../handle/release.js'
import { isLockError } from '../errors/errors.js'
import { steal } from './steal.js'
import { LeaseHandle } from '../handle/lease-handle.js'
import { extendLease } from '../handle/extend.js'
import type { AcquireSettings } from '../options/settings.js'
import { Sleep, waitAtMost } from '../timers/sleep.js'
import { keepTaken, type Hold } from '../hold/hold.js'
import { randomFraction } from '../owner-token.js'

/** A part of the whole is renewed until the whole is held; only then does what the caller asked for begin to count. */
const WHILE_INCOMPLETE = { renew: true, maxHoldMs: Infinity, minHoldMs: 0 }
/** Before it begins anew, so that nobody is kept busy by a store that gives and takes. */
const PAUSE_MS = 50

/**
 * Acquires several names, all or nothing. One after the other in an order that is the same for everyone, so that no two
 * callers can each hold what the other waits for (Havender 1968). Answers `null` when not all could be had.
 *
 * @param entered handles on those of the names that are held already, by which these are kept from now on.
 */
export async function acquireMany(
  engine: Engine,
  names: readonly string[],
  settings: AcquireSettings,
  tryOnly: boolean,
  entered: readonly LeaseHandle[],
): Promise<LeaseHandle | null> {
  const { clock } = engine
  const once = tryOnly || settings.waitMs === 0
  const until = clock.now() + (once ? settings.term.timeoutMs : settings.waitMs)
  const missing = names.filter((name) => !entered.some((handle) => handle.name === name)).toSorted(byCodeUnits)
  let parts: readonly LeaseHandle[] = []
  try {
    for (;;) {
      parts = await collect(engine, missing, settings, once, until)
      throwIfClosed(engine)
      const isComplete = parts.length === missing.length
      if (isComplete && [...parts, ...entered].every(({ held }) => held)) {
        const lease = join(names, parts, entered, settings)
        parts = [lease]
        if (settings.term.renew || missing.length < 2 || (await lastsAsAsked(lease, missing, settings.ttlMs))) {
          throwIfClosed(engine)
          keepEntered(entered, settings.term.minHoldMs)
          return lease
        }
      }
      // One could not be had, or was lost while another was waited for.
      const givingBack = giveBack(engine, parts)
      const mayGoOn = isComplete && !once && settings.maxAttempts === Infinity && clock.now() < until
      if (!mayGoOn) {
        for (const handle of entered) void handle.release()
        await waitAtMost(engine.waitTimers, Math.min(until, clock.now() + settings.term.timeoutMs), givingBack)
        return null
      }
      parts = []
      await pause(engine, settings, Math.min(until, clock.now() + PAUSE_MS * randomFraction()))
      for (const handle of entered) handle.assertHeld()
    }
  } catch (error) {
    // Whoever ends the wait need not wait until all is given back.
    void giveBack(engine, parts)
    for (const handle of entered) void handle.release()
    throwIfClosed(engine)
    throw error
  }
}

/** Acquires one name after the other, until one cannot be had. */
async function collect(
  engine: Engine,
  names: readonly string[],
  settings: AcquireSettings,
  once: boolean,
  until: number,
): Promise<readonly LeaseHandle[]> {
  const { clock } = engine
  const obtain = settings.steal ? steal : acquireOne
  const term = { ...settings.term, ...WHILE_INCOMPLETE }
  const parts: LeaseHandle[] = []
  try {
    for (const name of names) {
      throwIfClosed(engine)
      const waitMs = Math.max(0, until - clock.now())
      if (waitMs === 0 && parts.length > 0 && !once) return parts
      const part = await obtain(engine, name, { ...settings, waitMs, term }, once)
      if (part === null) return parts
      parts.push(part)
    }
    return parts
  } catch (error) {
    void giveBack(engine, parts)
    throw error
  }
}

/** Makes one lease of its parts. What was entered is kept by its own handle still. */
function join(
  names: readonly string[],
  parts: readonly LeaseHandle[],
  entered: readonly LeaseHandle[],
  { mode, term }: AcquireSettings,
): LeaseHandle {
  const byName = new Map([...parts, ...entered].map((handle) => [handle.name, handle]))
  const handles = names.map((name) => byName.get(name) as LeaseHandle)
  const fences = new Map(handles.map(({ name, fence }) => [name, fence]))
  const holds = handles.map(tenureOf)
  const [{ engine }] = holds as [Hold]
  const lease = new LeaseHandle(holds, fences, engine.clock.now(), mode)
  for (const hold of parts.map(tenureOf)) {
    hold.holder = lease
    hold.handTo(term)
  }
  for (const hold of entered.map(tenureOf)) addHolder(hold, lease)
  return lease
}

/** From now on the lease alone keeps what was entered. */
function keepEntered(entered: readonly LeaseHandle[], minHoldMs: number): void {
  for (const handle of entered) {
    const hold = tenureOf(handle)
    keepTaken(hold, minHoldMs)
    void releaseHolder(hold, handle)
  }
}

/** Without renewal, the first names have less time left than the last. */
async function lastsAsAsked(lease: LeaseHandle, names: readonly string[], ttlMs: number): Promise<boolean> {
  const own = LeaseHandle.holdsOf(lease)?.filter(({ claim }) => names.includes(claim.name)) ?? []
  try {
    await extendLease(lease, own, ttlMs)
    return true
  } catch (error) {
    if (isLockError(error, 'LOCK_LOST')) return false
    throw error
  }
}

function giveBack(engine: Engine, handles: readonly LeaseHandle[]): Promise<unknown> {
  const givingBack = Promise.all(handles.map((handle) => handle.releaseNow()))
  runInBackground(engine, givingBack)
  return givingBack
}

async function pause(
  { waitTimers: waits, signals }: Engine,
  { signal }: AcquireSettings,
  until: number,
): Promise<void> {
  const waiting = new Sleep(waits, until)
  const abortable = { abort: () => waiting.interrupt() }
  if (signal !== undefined) signals.add(signal, abortable)
  await waiting.done
  if (signal !== undefined) signals.delete(signal, abortable)
  signal?.throwIfAborted()
}

const tenureOf = (handle: LeaseHandle): Hold => (LeaseHandle.holdsOf(handle) as readonly [Hold])[0]

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
