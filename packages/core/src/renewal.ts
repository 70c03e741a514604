import type { Alarm } from './alarms.js'
import { isFailure } from './attempt.js'
import type { Engine } from './engine.js'
import { withoutSecret } from './redact.js'
import { extendTogether } from './extension.js'
import { tell } from './observer.js'
import { Tenure } from './tenure.js'

/** Renews tenures in the background, many with one call. */
export interface Renewal {
  /** The tenure is to be renewed now. */
  due(tenure: Tenure): void
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
export function createRenewal(engine: () => Engine): Renewal {
  // By the magnitude of their ttl: short leases must not wait behind thousands of long ones.
  const due = new Map<number, Set<Tenure>>()
  const pacer: Alarm = { at: 0, slot: -1, ring: () => sendNext() }
  let pacing = false
  let stopped = false

  const sendNext = (): void => {
    pacing = false
    if (stopped) return
    for (const [magnitude, tenures] of due) {
      const batch = nextBatch(tenures, engine())
      if (batch.length > 0) void renew(engine(), batch)
      if (tenures.size === 0) due.delete(magnitude)
    }
    if (due.size > 0) pace()
  }

  const pace = (): void => {
    pacing = true
    engine().chores.set(pacer, engine().clock.now() + PACE_MS)
  }

  return {
    due: (tenure) => {
      const magnitude = Math.clz32(tenure.claim.ttlMs)
      const tenures = due.get(magnitude)
      if (tenures === undefined) due.set(magnitude, new Set([tenure]))
      else tenures.add(tenure)
      if (pacing) return
      pacing = true
      // After all that ring at this moment have rung.
      queueMicrotask(sendNext)
    },
    stop: () => {
      stopped = true
      due.clear()
      engine().chores.clear(pacer)
    },
  }
}

/** How long one try may take, so that a failed one leaves time for others. */
function share({ term, claim }: Tenure, leftMs: number): number {
  const least = Math.min(LEAST_TRY_MS, claim.ttlMs / 20)
  return Math.min(term.timeoutMs, Math.max(1, least, leftMs * SHARE_OF_REST))
}

/** Whether one bound suits both: a lease of 100 ms must not cut short the renewal of one of 10 s. */
const alike = (a: number, b: number): boolean => a <= 2 * b && b <= 2 * a

/** What is due, filled up with what will be due soon, so that leases which drifted apart come together again. */
function nextBatch(due: Set<Tenure>, { leases, clock }: Engine): Tenure[] {
  const batch: Tenure[] = []
  const now = clock.now()
  const wallNow = clock.wallNow()
  let first: number | undefined
  const fits = (tenure: Tenure): boolean => {
    const own = share(tenure, tenure.leftAt(now, wallNow))
    first ??= own
    return alike(first, own)
  }
  for (const tenure of due) {
    if (batch.length === BATCH) return batch
    if (!tenure.isHeld()) due.delete(tenure)
    else if (fits(tenure)) {
      due.delete(tenure)
      // One that is being extended by hand is looked at again when that has settled.
      if (tenure.extending !== undefined || !tenure.mayBeRenewed()) continue
      leases.clear(tenure)
      batch.push(tenure)
    }
  }
  while (batch.length > 0 && batch.length < BATCH) {
    const next = leases.next()
    if (!(next instanceof Tenure) || !next.term.renew || next.extending !== undefined || due.has(next)) break
    if (next.at - now > next.claim.ttlMs / 6 || !next.isHeld() || !fits(next)) break
    leases.clear(next)
    batch.push(next)
  }
  return batch
}

async function renew(engine: Engine, batch: readonly Tenure[]): Promise<void> {
  const { clock, chores, leases, observer } = engine
  const sentAt = clock.now()
  const retryAt = batch.map((tenure) => sentAt + share(tenure, tenure.left()))
  // The deadlines are watched while the answer is awaited: a store that hangs must not delay the loss.
  const watch: Alarm = { at: 0, slot: -1, ring: () => batch.forEach((tenure) => tenure.wakeAt(Infinity)) }
  leases.set(watch, Math.min(...batch.map((tenure) => tenure.endsAt)))
  const extensions = await extendTogether(engine, batch, { alarms: chores, until: Math.min(...retryAt) })
  leases.clear(watch)
  for (const [i, tenure] of batch.entries()) {
    const extension = extensions[i]
    if (typeof extension !== 'object' || !tenure.isHeld()) continue
    const { name, mode } = tenure.claim
    if (isFailure(extension)) {
      tenure.wakeAt(Math.max(retryAt[i] as number, clock.now() + 1))
      tell(observer, 'renewalFailed', () => {
        const cause = withoutSecret(extension.cause, tenure.claim.owner)
        return { name, mode, remainingMs: tenure.left(), cause }
      })
    } else if (observer !== undefined) {
      tell(observer, 'renewed', () => ({ name, mode, remainingMs: tenure.left() }))
    }
  }
}
