import type { Engine } from '../engine/engine.js'
import { isLockError } from '../errors/errors.js'
import { type Extendable, extendLease } from '../handle/extend.js'
import { LeaseHandle } from '../handle/lease-handle.js'
import { addHolder, releaseHolder } from '../handle/release.js'
import type { Hold } from '../hold/hold.js'
import type { AcquireSettings } from '../options/settings.js'
import { randomFraction } from '../owner-token.js'
import type { Budget } from '../timers/budget.js'
import { type Interruptible, Sleep, waitAtMost } from '../timers/sleep.js'
import { rejecting } from '../timers/later.js'
import { budgetOf } from './acquire-one.js'
import { releaseAll } from './acquire-at-once.js'
import { acquireParts } from './acquire-parts.js'
import { orThrowBusy } from './busy.js'
import { throwIfAborted } from '../timers/abort-listeners.js'

/** Before it begins anew, so that nobody is kept busy by a store that grants and takes away. */
const PAUSE_MS = 50

/**
 * Acquires several names, all or none. Names that are not free are acquired one after the other in an order that is the
 * same for every caller, so that no two callers can each hold a name that the other one waits for (Havender 1968).
 * Answers `null` when not all could be had. It is one acquisition: every step of it uses up the same budget.
 *
 * @param reentered handles on those of the names that are held already; their names are kept by the lease from now on
 */
export async function acquireMany(
  engine: Engine,
  names: readonly string[],
  settings: AcquireSettings,
  reentered: readonly LeaseHandle[] = [],
): Promise<LeaseHandle | null> {
  const since = engine.clock.now()
  const budget = budgetOf(since, settings)
  const missing = names.filter((name) => !reentered.some((handle) => handle.name === name)).toSorted(byCodeUnits)
  let parts: readonly LeaseHandle[] = []
  try {
    for (;;) {
      throwIfOver(engine, budget)
      parts = await acquireParts(engine, missing, settings, budget)
      throwIfOver(engine, budget)
      const isComplete = parts.length === missing.length
      const areHeld = (): boolean => isComplete && [...parts, ...reentered].every(({ held }) => held)
      if (areHeld() && (!needsWholeTtl(missing, settings) || (await extendToTtl(engine, parts, settings, budget)))) {
        throwIfOver(engine, budget)
        // Extending takes time, in which a name may have been lost.
        if (areHeld()) {
          const lease = combine(names, parts, reentered, settings)
          adoptReentered(reentered, settings.terms.minHoldMs)
          lease.announce(settings.observed)
          return lease
        }
      }
      // A name was not acquired, or was lost during the wait for another name. The parts are the first of `missing`.
      const busy = missing[parts.length] ?? missing
      const releasing = releaseAll(engine, parts)
      parts = []
      for (const handle of reentered) handle.assertHeld()
      if (!isComplete || settings.once || settings.maxAttempts !== Infinity || engine.clock.now() >= budget.until) {
        for (const handle of reentered) void handle.release()
        const until = Math.min(budget.until, engine.clock.now() + settings.terms.timeoutMs)
        const { waitTimers: timers } = engine
        await interruptible(engine, budget, (onStarted) => waitAtMost({ timers, until, onStarted }, releasing))
        throwIfOver(engine, budget)
        return orThrowBusy(engine, busy, settings, since)
      }
      await backOff(engine, budget)
    }
  } catch (error) {
    // A caller that has ended its wait need not wait until all is released.
    void releaseAll(engine, parts)
    for (const handle of reentered) void handle.release()
    return rejecting(engine.clock, () => {
      engine.throwIfClosed()
      throw error
    })
  }
}

/** Makes one lease of handles on one name each. Names that were re-entered are kept by their own handles still. */
function combine(
  names: readonly string[],
  parts: readonly LeaseHandle[],
  reentered: readonly LeaseHandle[],
  { mode, terms }: AcquireSettings,
): LeaseHandle {
  const byName = new Map([...parts, ...reentered].map((handle) => [handle.name, handle]))
  const handles = names.map((name) => byName.get(name) as LeaseHandle)
  const fences = new Map(handles.map(({ name, fence }) => [name, fence]))
  const holds = handles.map(holdOf)
  const [{ host }] = holds as [Hold]
  const lease = new LeaseHandle(holds, fences, host.clock.now(), mode)
  for (const hold of parts.map(holdOf)) {
    hold.holder = lease
    hold.setTerms(terms)
  }
  for (const hold of reentered.map(holdOf)) addHolder(hold, lease)
  return lease
}

/** From now on the lease alone keeps the names that were re-entered. */
function adoptReentered(reentered: readonly LeaseHandle[], minHoldMs: number): void {
  for (const handle of reentered) {
    const hold = holdOf(handle)
    hold.holdAtLeast(minHoldMs)
    void releaseHolder(hold, handle)
  }
}

/**
 * Whether the time that is left of each name counts: without renewal the first ones have less than the last. With
 * `minHoldMs` they are to stay taken for the whole ttl even if the process ends at once.
 */
const needsWholeTtl = (missing: readonly string[], { terms: { renew, minHoldMs } }: AcquireSettings): boolean =>
  minHoldMs > 0 ? missing.length > 0 : !renew && missing.length > 1

/**
 * Extends all names to the ttl of the lease. The caller's terms begin afterwards: counted from before, a `maxHoldMs`
 * shorter than this command would end each attempt.
 */
async function extendToTtl(
  engine: Engine,
  parts: readonly LeaseHandle[],
  { ttlMs }: AcquireSettings,
  budget: Budget,
): Promise<boolean> {
  const holds = parts.map(holdOf)
  // A name that is lost before all are extended is acquired anew.
  const leftMs = Math.ceil(Math.min(...holds.map((hold) => hold.remainingMs())))
  const until = Math.min(budget.until, engine.clock.now() + leftMs)
  // A slow store is asked to renew without a pause, now one name, now another: this would never get its turn.
  for (const hold of holds) hold.stopRenewing()
  return interruptible(engine, budget, async (onStarted) => {
    try {
      const isWanted = (): boolean => !isOver(engine, budget)
      await extendLease(together(parts), holds, {
        budget: { ...budget, until },
        ttlMs,
        onStarted,
        isWanted,
      })
      return true
    } catch (error) {
      // Late answers may have kept the leases beyond the time that was left at first, though not all for their whole ttl.
      const isTimeForAnother = until < budget.until && engine.clock.now() >= until
      if (isLockError(error, 'LOCK_LOST') || isTimeForAnother) return false
      throw error
    }
  })
}

/** The parts, as far as extending all of them needs to know them. */
const together = (parts: readonly LeaseHandle[]): Extendable => ({
  get held() {
    return parts.every(({ held }) => held)
  },
  notHeldError: () => (parts.find(({ held }) => !held) as LeaseHandle).notHeldError(),
})

async function backOff(engine: Engine, budget: Budget): Promise<void> {
  throwIfOver(engine, budget)
  const until = Math.min(budget.until, engine.clock.now() + PAUSE_MS * randomFraction())
  await interruptible(engine, budget, (onStarted) => {
    const sleep = new Sleep(engine.waitTimers, until)
    onStarted(sleep)
    return sleep.done
  })
}

/** Runs a step that the caller's signal, and close(), can cut short. */
async function interruptible<T>(
  engine: Engine,
  budget: Budget,
  step: (onStarted: (waiting: Interruptible) => void) => Promise<T>,
): Promise<T> {
  const { signal } = budget
  let waiting: Interruptible | undefined
  const abortable = { abort: (): void => waiting?.interrupt() }
  // First, for a signal of the caller's own making may throw.
  if (signal !== undefined) engine.signals.add(signal, abortable)
  engine.acquisitions.add(abortable)
  engine.background.started()
  try {
    return await step((started) => {
      waiting = started
      // An observer may have ended it before it waited for anything.
      if (isOver(engine, budget)) started.interrupt()
    })
  } finally {
    engine.acquisitions.delete(abortable)
    engine.background.ended()
    if (signal !== undefined) engine.signals.delete(signal, abortable)
  }
}

const isOver = ({ closed }: Engine, { signal }: Budget): boolean => closed || signal?.aborted === true

function throwIfOver(engine: Engine, { signal }: Budget): void {
  engine.throwIfClosed()
  throwIfAborted(signal)
}

const holdOf = (handle: LeaseHandle): Hold => (LeaseHandle.holdsOf(handle) as readonly [Hold])[0]

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
