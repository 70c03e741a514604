import * as fc from 'fast-check'
import { createLocker, isLockError, type LockBackend, type Locker, memoryBackend } from '../../../src/index.js'
import { memoryStore, type MemoryStore } from '../../../src/index.js'
import { drawFrom } from '../../support/chance.js'
import { virtualClock, type VirtualClock } from '../../support/clock.js'
import { type Overlaps, overlaps } from './overlaps.js'
import { crowds, LOCKERS, type Visit } from './visits.js'

/** A store that breaks the contract, in place of one that keeps it. */
export type WrapFor = (kit: {
  readonly clock: VirtualClock
  readonly store: MemoryStore
  /** Names under which lies something that is no lock: none. */
  readonly oddities: Set<string>
}) => (inner: LockBackend, index: number) => LockBackend

const NAME = 'name'
const GONE = 'gone'
/** By then every visit has ended, and every lease. */
const END_MS = 10_000

/**
 * Lets everybody come through lockers of one store, and throws when two hold the name who should not, when somebody
 * waits for ever, and when something is left in the end.
 */
export async function visited(visits: readonly Visit[], wrapFor: WrapFor = () => (inner) => inner): Promise<Overlaps> {
  drawFrom(1)
  const clock = virtualClock()
  const store = memoryStore()
  const wrap = wrapFor({ clock, store, oddities: new Set() })
  const lockers = Array.from({ length: LOCKERS }, (_, index) =>
    createLocker({ backend: wrap(memoryBackend({ clock, store }), index), clock }),
  )
  const judge = overlaps()
  const errors: unknown[] = []
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms))

  const come = async ({ at, locker, kind, waitMs, abortMs, holdMs, forgets, ...terms }: Visit): Promise<void> => {
    await pause(at)
    const controller = new AbortController()
    if (abortMs !== null) clock.setTimeout(() => controller.abort(GONE), abortMs)
    const limit = kind === 'exclusive' ? 1 : kind
    const wanted = kind === 'exclusive' ? ({ mode: kind } as const) : ({ mode: 'shared', limit } as const)
    const options = { ...terms, ...wanted, renew: terms.renew && !forgets, signal: controller.signal }
    const locks = lockers[locker] as Locker
    const lease =
      waitMs === 0 ? await locks.tryAcquire(NAME, options) : await locks.acquire(NAME, { ...options, waitMs })
    if (lease === null) return
    judge.granted(lease, limit)
    await pause(holdMs)
    judge.look()
    if (!forgets) await lease.release()
  }

  let left = visits.length
  for (const visit of visits) {
    come(visit)
      .catch((error: unknown) => error !== GONE && !isLockError(error, 'LOCK_BUSY') && errors.push(error))
      .finally(() => left--)
  }
  const endMs = clock.now() + END_MS
  while (errors.length === 0 && (await clock.step(endMs))) judge.look()
  if (errors.length > 0) throw errors[0]
  if (left > 0) throw new Error(`P7: ${left} have not gone`)
  await clock.until(Promise.all(lockers.map((locks) => locks.close())))
  if (clock.pending() > 0) throw new Error(`P8: ${clock.pending()} timers are left`)
  return judge
}

/** Rejects with the smallest crowd that `visit` rejects, and how to replay it, if any of so many is. */
export async function everyCrowd(visit: (visits: readonly Visit[]) => Promise<void>, runs: number): Promise<void> {
  await fc.assert(fc.asyncProperty(crowds, visit), { numRuns: runs })
}

/** Whether `visit` rejects any of so many crowds. */
export async function someCrowdFails(
  visit: (visits: readonly Visit[]) => Promise<void>,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Promise<boolean> {
  const { failed } = await fc.check(fc.asyncProperty(crowds, visit), { numRuns: runs, seed, endOnFailure: true })
  return failed
}
