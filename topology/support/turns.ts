import type { Lease, Locker } from '@holdfast/core'
import { ownTime, paced } from '../../test/support/pace.js'

/** One hold as its holder saw it, on this process's monotonic clock. */
export interface Hold {
  /** The time just after the grant arrived. */
  readonly from: number
  /** The time just before the lease was given up. */
  readonly to: number
  readonly fence: number
  /** Whether the lease was lost meanwhile. */
  readonly lost: boolean
}

/** A resource that accepts a write only with the newest fence that it saw. */
export interface Guarded {
  readonly accepted: readonly number[]
  readonly rejected: readonly number[]
  /** Whether the write was accepted. */
  write(fence: number): boolean
}

export function guarded(): Guarded {
  const accepted: number[] = []
  const rejected: number[] = []
  return {
    accepted,
    rejected,
    write: (fence) => {
      const stale = fence < (accepted.at(-1) ?? 0)
      void (stale ? rejected : accepted).push(fence)
      return !stale
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Holds a lease for a while, writing at the beginning and at the end. */
export async function hold(lease: Lease, resource: Guarded, ms: number): Promise<Hold> {
  const from = performance.now()
  const fence = lease.fence ?? 0
  resource.write(fence)
  await pause(ms)
  const lost = !lease.held
  if (!lost) resource.write(fence)
  const to = performance.now()
  await lease.release()
  return { from, to, fence, lost }
}

/**
 * Takes one turn: waits, holds, releases. Asks again when the store was out of reach for a while. Gives up after so many
 * milliseconds of {@link ownTime}.
 */
export async function takeTurn(locks: Locker, name: string, resource: Guarded, within: number): Promise<Hold> {
  const until = ownTime() + within
  for (;;) {
    try {
      const lease = await locks.acquire(name, { waitMs: paced(Math.max(0, until - ownTime())) })
      return await hold(lease, resource, 20)
    } catch (error) {
      if (ownTime() >= until) throw error
      await pause(50)
    }
  }
}

/** The pairs of holds that overlap in time, without the holds that were lost. */
export function overlapsOf(holds: readonly Hold[]): readonly (readonly [Hold, Hold])[] {
  const sorted = holds.filter(({ lost }) => !lost).toSorted((one, other) => one.from - other.from)
  return sorted.flatMap((one, index) => {
    const next = sorted[index + 1]
    return next !== undefined && next.from < one.to ? [[one, next] as const] : []
  })
}
