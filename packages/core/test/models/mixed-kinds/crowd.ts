import * as fc from 'fast-check'
import { createLocker, isLockError, type LockBackend, type Locker, memoryBackend } from '../../../src/index.js'
import { memoryStore, type MemoryStore } from '../../../src/index.js'
import { drawFrom } from '../../support/chance.js'
import { virtualClock, type VirtualClock } from '../../support/clock.js'
import { type Overlaps, overlaps } from './overlaps.js'
import { crowds, LOCKERS, type Visit } from './visits.js'

/** Wraps each backend, so that the store breaks the contract. */
export type WrapFor = (kit: {
  readonly clock: VirtualClock
  readonly store: MemoryStore
  /** Names under which the store has a value that is no lock: empty here. */
  readonly oddities: Set<string>
}) => (inner: LockBackend, index: number) => LockBackend

const NAME = 'name'
const GONE = 'gone'
/** The time by which every visit and every lease has ended. */
const END_MS = 10_000

/**
 * Plays the visits through lockers of one store. Throws when two leases on the name overlap that must not, when a call
 * never settles, and when the store or a timer keeps anything in the end.
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

/** Draws `runs` crowds. Rejects with the smallest crowd that `visit` rejects, and with the way to replay it. */
export async function everyCrowd(visit: (visits: readonly Visit[]) => Promise<void>, runs: number): Promise<void> {
  await fc.assert(fc.asyncProperty(crowds, visit), { numRuns: runs })
}

/** Draws `runs` crowds, and answers whether `visit` rejects one of them. */
export async function someCrowdFails(
  visit: (visits: readonly Visit[]) => Promise<void>,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Promise<boolean> {
  const { failed } = await fc.check(fc.asyncProperty(crowds, visit), { numRuns: runs, seed, endOnFailure: true })
  return failed
}
