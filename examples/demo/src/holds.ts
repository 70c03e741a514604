import type { Evidence, Turn } from './evidence.js'

/** Somebody surely held the lock. */
export interface Hold {
  readonly worker: number
  readonly fence: number
  readonly from: number
  readonly until: number
}

/**
 * All holds, in order. A worker that was killed or stopped while holding counts until the deadline that it knew: no one
 * else may have the lock before. What it may believe afterwards, until it finds out, is not a hold.
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

/** The fence says that somebody has had the lock since, the lease says that nobody can. */
export function wasRefusedWhileHeld({ outcome, lostAt }: Turn): boolean {
  return outcome === 'refused' && lostAt === undefined
}
