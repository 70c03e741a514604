import { emit } from '../observer/observer.js'
import { redact } from '../errors/redact.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import { BATCH, eventFields, extendHolds, attemptBoundMs } from './extend.js'
import { Hold, type HoldHost, readClocks } from './hold.js'

/** Renews holds in the background, many with one call. */
export interface Renewal {
  /** The hold is to be renewed now. */
  due(hold: Hold): void
  /** Ends all renewing. */
  stop(): void
}

export interface RenewalHost extends HoldHost {
  readonly backgroundTimers: TimerQueue
}

/** Between two batches, so that neither this process nor the server is kept busy by a thousand leases at once. */
const PACE_MS = 1

/** Makes the renewal of a locker. `host` is read only when something is due. */
export function createRenewal(host: () => RenewalHost): Renewal {
  // By the magnitude of their ttl: short leases must not wait behind thousands of long ones.
  const due = new Map<number, Set<Hold>>()
  const pacer: Timer = { dueAt: 0, heapIndex: -1, fire: () => sendNext() }
  let pacing = false
  let stopped = false

  const sendNext = (): void => {
    pacing = false
    if (stopped) return
    for (const [magnitude, holds] of due) {
      const batch = nextBatch(holds, host())
      if (batch.length > 0) void renew(host(), batch)
      if (holds.size === 0) due.delete(magnitude)
    }
    if (due.size > 0) pace()
  }

  const pace = (): void => {
    pacing = true
    host().backgroundTimers.set(pacer, host().clock.now() + PACE_MS)
  }

  return {
    due: (hold) => {
      const magnitude = Math.clz32(hold.claim.ttlMs)
      const holds = due.get(magnitude)
      if (holds === undefined) due.set(magnitude, new Set([hold]))
      else holds.add(hold)
      if (pacing) return
      pacing = true
      // After all timers that are due at this moment have fired.
      queueMicrotask(sendNext)
    },
    stop: () => {
      stopped = true
      due.clear()
      host().backgroundTimers.clear(pacer)
    },
  }
}

/** Whether one bound suits both: a lease of 100 ms must not cut short the renewal of one of 10 s. */
const areAlike = (a: number, b: number): boolean => a <= 2 * b && b <= 2 * a

/** The holds that are due, filled up with those due soon, so that leases which drifted apart come together again. */
function nextBatch(due: Set<Hold>, host: RenewalHost): Hold[] {
  const batch: Hold[] = []
  const reading = readClocks(host)
  const { now } = reading
  let first: number | undefined
  const fits = (hold: Hold): boolean => {
    const own = attemptBoundMs(hold, hold.remainingAt(reading))
    first ??= own
    return areAlike(first, own)
  }
  for (const hold of due) {
    if (batch.length === BATCH) return batch
    // Not due any more: an extension by hand is under way, or the wall clock was set back.
    if (!hold.isHeldAt(reading) || hold.renewAt(reading) > now) {
      due.delete(hold)
      hold.schedule()
    } else if (fits(hold)) {
      due.delete(hold)
      batch.push(hold)
    }
  }
  fillUp(batch, host, (hold) => !due.has(hold) && hold.renewAt(reading) - now <= hold.claim.ttlMs / 6 && fits(hold))
  return batch
}

function fillUp(batch: Hold[], { holdTimers }: RenewalHost, fits: (hold: Hold) => boolean): void {
  if (batch.length === 0) return
  while (batch.length < BATCH) {
    const next = holdTimers.next()
    if (!(next instanceof Hold) || batch.includes(next) || !next.isHeld() || !fits(next)) break
    holdTimers.clear(next)
    batch.push(next)
  }
}

async function renew(host: RenewalHost, batch: readonly Hold[]): Promise<void> {
  const { clock, backgroundTimers: timers, observer } = host
  const shareMs = Math.min(...batch.map((hold) => attemptBoundMs(hold, hold.remainingMs())))
  const results = await extendHolds(host, batch, { timers, until: clock.now() + shareMs, emits: true })
  for (const [i, hold] of batch.entries()) {
    const result = results[i]
    if (result?.is !== 'failed' || !hold.isHeld()) continue
    const fields = eventFields(hold)
    if (fields === undefined) continue
    const causeOf = (): Error => redact(result.failure.cause, [hold.claim.owner])
    emit(observer, 'renewalFailed', () => ({ ...fields, remainingMs: hold.remainingMs(), cause: causeOf() }))
  }
}
