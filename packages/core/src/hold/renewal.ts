import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import { isCallFailure } from '../store/call.js'
import { redact } from '../errors/redact.js'
import { extendHolds } from './extend.js'
import { emit } from '../observer.js'
import { Hold, type HoldHost } from './hold.js'

/** What renewal needs of its locker. */
export interface RenewalHost extends Pick<HoldHost, 'backend' | 'clock' | 'holdTimers' | 'observer'> {
  readonly backgroundTimers: TimerQueue
}

/** Renews holds in the background, many with one call. */
export interface Renewal {
  /** The hold is to be renewed now. */
  due(hold: Hold): void
  /** Ends all renewing. */
  stop(): void
}

/** A script over more keys than this keeps the server from everyone else; fewer cost more commands. */
const BATCH = 100
/** Between two batches, so that neither this process nor the server is kept busy by a thousand leases at once. */
const PACE_MS = 1
/** A try that fails may use this much of the time left, so that there is always another one. */
const SHARE_OF_REST = 1 / 4
/** And this much at least, unless the ttl is short: tries that come ever faster help nobody. */
const LEAST_TRY_MS = 50

/** One renewal for one locker. `engine` is read only when something is due. */
export function createRenewal(engine: () => RenewalHost): Renewal {
  // By the magnitude of their ttl: short leases must not wait behind thousands of long ones.
  const due = new Map<number, Set<Hold>>()
  const pacer: Timer = { dueAt: 0, heapIndex: -1, fire: () => sendNext() }
  let pacing = false
  let stopped = false

  const sendNext = (): void => {
    pacing = false
    if (stopped) return
    for (const [magnitude, holds] of due) {
      const batch = nextBatch(holds, engine())
      if (batch.length > 0) void renew(engine(), batch)
      if (holds.size === 0) due.delete(magnitude)
    }
    if (due.size > 0) pace()
  }

  const pace = (): void => {
    pacing = true
    engine().backgroundTimers.set(pacer, engine().clock.now() + PACE_MS)
  }

  return {
    due: (hold) => {
      const magnitude = Math.clz32(hold.claim.ttlMs)
      const holds = due.get(magnitude)
      if (holds === undefined) due.set(magnitude, new Set([hold]))
      else holds.add(hold)
      if (pacing) return
      pacing = true
      // After all that ring at this moment have rung.
      queueMicrotask(sendNext)
    },
    stop: () => {
      stopped = true
      due.clear()
      engine().backgroundTimers.clear(pacer)
    },
  }
}

/** How long one try may take, so that a failed one leaves time for others. */
function share({ term, claim }: Hold, leftMs: number): number {
  const least = Math.min(LEAST_TRY_MS, claim.ttlMs / 20)
  return Math.min(term.timeoutMs, Math.max(1, least, leftMs * SHARE_OF_REST))
}

/** Whether one bound suits both: a lease of 100 ms must not cut short the renewal of one of 10 s. */
const alike = (a: number, b: number): boolean => a <= 2 * b && b <= 2 * a

/** What is due, filled up with what will be due soon, so that leases which drifted apart come together again. */
function nextBatch(due: Set<Hold>, { holdTimers: leases, clock }: RenewalHost): Hold[] {
  const batch: Hold[] = []
  const now = clock.now()
  const wallNow = clock.wallNow()
  let first: number | undefined
  const fits = (hold: Hold): boolean => {
    const own = share(hold, hold.remainingAt(now, wallNow))
    first ??= own
    return alike(first, own)
  }
  for (const hold of due) {
    if (batch.length === BATCH) return batch
    if (!hold.isHeld()) due.delete(hold)
    else if (fits(hold)) {
      due.delete(hold)
      // One that is being extended by hand is looked at again when that has settled.
      if (hold.extensionInFlight !== undefined || !hold.isRenewalDue()) continue
      leases.clear(hold)
      batch.push(hold)
    }
  }
  while (batch.length > 0 && batch.length < BATCH) {
    const next = leases.next()
    if (!(next instanceof Hold) || !next.term.renew || next.extensionInFlight !== undefined || due.has(next)) break
    if (next.dueAt - now > next.claim.ttlMs / 6 || !next.isHeld() || !fits(next)) break
    leases.clear(next)
    batch.push(next)
  }
  return batch
}

async function renew(engine: RenewalHost, batch: readonly Hold[]): Promise<void> {
  const { clock, backgroundTimers: chores, holdTimers: leases, observer } = engine
  const sentAt = clock.now()
  const retryAt = batch.map((hold) => sentAt + share(hold, hold.remainingMs()))
  // The deadlines are watched while the answer is awaited: a store that hangs must not delay the loss.
  const watch: Timer = { dueAt: 0, heapIndex: -1, fire: () => batch.forEach((hold) => hold.checkAt(Infinity)) }
  leases.set(watch, Math.min(...batch.map((hold) => hold.endsAt)))
  const extensions = await extendHolds(engine, batch, { timers: chores, until: Math.min(...retryAt) })
  leases.clear(watch)
  for (const [i, hold] of batch.entries()) {
    const extension = extensions[i]
    if (typeof extension !== 'object' || !hold.isHeld()) continue
    const { name, mode } = hold.claim
    if (isCallFailure(extension)) {
      hold.checkAt(Math.max(retryAt[i] as number, clock.now() + 1))
      emit(observer, 'renewalFailed', () => {
        const cause = redact(extension.cause, [hold.claim.owner])
        return { name, mode, remainingMs: hold.remainingMs(), cause }
      })
    } else if (observer !== undefined) {
      emit(observer, 'renewed', () => ({ name, mode, remainingMs: hold.remainingMs() }))
    }
  }
}
