import type { Evidence, Turn } from './evidence.js'

/** A time in which a worker surely held the lock. */
export interface Hold {
  readonly worker: number
  readonly fence: number
  readonly from: number
  readonly until: number
}

/**
 * All holds, in order. A worker that was killed or stopped while holding counts until the deadline that it knew: no
 * other worker may have the lock before. The time after that, in which the stopped worker may still believe in its
 * hold, does not count.
 */
export function allHolds({ turns, faults }: Evidence): readonly Hold[] {
  const wrote = turns
    .filter((turn) => turn.outcome === 'wrote' || wasRefusedWhileHeld(turn))
    .map(({ worker, fence, grantedAt, endedAt }) => ({ worker, fence, from: grantedAt, until: endedAt }))
  const cut = Object.values(faults ?? {}).map(({ worker, fence, grantedAt, heldUntil }) => {
    return { worker, fence, from: grantedAt, until: heldUntil }
  })
  return [...wrote, ...cut].toSorted((a, b) => a.from - b.from)
}

/** Whether the register refused the fence although the lease was not lost: only a broken lock shows both. */
export function wasRefusedWhileHeld({ outcome, lostAt }: Turn): boolean {
  return outcome === 'refused' && lostAt === undefined
}
