import type { AcquireOutcome, Claim, Clock, ExtendOutcome, LockBackend, Ownership } from '../../../src/index.js'

/** A broken promise. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

interface Hold {
  readonly mode: Claim['mode']
  readonly fence: number | null
  expiresAt: number
}

/**
 * Watches the commands that the store executes, and keeps its own record of all holds and their ends, by the rules of
 * the contract and from the commands alone. An answer that the rules do not allow is a violation.
 */
export interface Judge {
  /** The store, with the judge in front of it. */
  readonly backend: LockBackend
  /** The end of the owner's hold on the name, by the record; −Infinity if there is none. */
  heldUntil(name: string, owner: string): number
  readonly grants: number
  readonly violations: Violation[]
}

export function judge(store: LockBackend, clock: Clock, note: (event: string) => void = () => {}): Judge {
  const names = new Map<string, Map<string, Hold>>()
  const lastFence = new Map<string, number>()
  const everInLine = new Set<string>()
  const violations: Violation[] = []
  let grants = 0

  /** Distinguishes owners without showing them. */
  const who = (owner: string): string => owner.slice(1, 5)

  const fail = (promise: string, what: string): void => void violations.push(new Violation(`${promise}: ${what}`))

  const holdsOf = (name: string): Map<string, Hold> => {
    let holds = names.get(name)
    if (holds === undefined) names.set(name, (holds = new Map<string, Hold>()))
    for (const [owner, { expiresAt }] of holds) if (expiresAt <= clock.now()) holds.delete(owner)
    return holds
  }

  const acquired = (claim: Claim, outcome: AcquireOutcome): void => {
    note(
      `  ${claim.name} acquire ${who(claim.owner)} ${claim.ttlMs} ${outcome.acquired ? `granted ${outcome.fence}` : 'refused'}`,
    )
    const holds = holdsOf(claim.name)
    const mine = holds.get(claim.owner)
    if (!outcome.acquired) {
      if (mine !== undefined) fail('idempotence', 'an owner who holds the name was refused it')
      if (claim.lineMs !== undefined) everInLine.add(claim.owner)
      return
    }
    if (mine !== undefined) {
      if (mine.fence !== outcome.fence)
        fail('P2', `a repeated acquire answered fence ${outcome.fence}, not ${mine.fence}`)
      // Never shorter: the claim may have been sent twice, and the lease may have been extended by hand meanwhile.
      mine.expiresAt = Math.max(mine.expiresAt, clock.now() + claim.ttlMs)
      return
    }
    grants++
    for (const other of holds.values()) {
      if (claim.mode === 'exclusive' || other.mode === 'exclusive')
        fail('P1', `${claim.name} was granted while it was held`)
    }
    const last = lastFence.get(claim.name) ?? 0
    // A grant to a waiter is confirmed later than it is made. Only the order among exclusive holders is certain.
    if (claim.mode === 'exclusive' && (outcome.fence ?? 0) <= last) fail('P2', `fence ${outcome.fence} after ${last}`)
    lastFence.set(claim.name, Math.max(last, (outcome.fence ?? 0) + (claim.fences ?? 1) - 1))
    holds.set(claim.owner, { mode: claim.mode, fence: outcome.fence, expiresAt: clock.now() + claim.ttlMs })
  }

  const extended = (claim: Claim, outcome: ExtendOutcome | undefined): void => {
    note(`  ${claim.name} extend ${who(claim.owner)} ${claim.ttlMs} ${outcome?.status}`)
    const mine = holdsOf(claim.name).get(claim.owner)
    if (outcome?.status === 'extended') {
      // An extension that reserves fences never shortens the lease.
      const least = claim.fences === undefined ? -Infinity : (mine?.expiresAt ?? -Infinity)
      if (mine !== undefined) mine.expiresAt = Math.max(least, clock.now() + claim.ttlMs)
      else if (everInLine.has(claim.owner)) return
      else fail('P3', `${claim.name} was extended for one who did not hold it`)
      if (outcome.fence !== null && claim.fences !== undefined) {
        if (outcome.fence <= (lastFence.get(claim.name) ?? 0)) fail('P2', 'reserved fences are not greater')
        lastFence.set(claim.name, outcome.fence + claim.fences - 1)
      }
    } else if (mine !== undefined) fail('P3', `${claim.name} was lost to its holder`)
  }

  const released = ({ name, owner, keepMs = 0 }: Ownership, answer: string): void => {
    note(`  ${name} release ${who(owner)} ${answer}`)
    const holds = holdsOf(name)
    const mine = holds.get(owner)
    if (answer === 'released') {
      if (mine === undefined && !everInLine.has(owner)) fail('P3', `${name} was released by one who did not hold it`)
    } else if (mine !== undefined) fail('P3', `${name} was taken from its holder`)
    if (mine !== undefined && keepMs > 0) mine.expiresAt = clock.now() + keepMs
    else holds.delete(owner)
  }

  return {
    backend: {
      ...store,
      acquire: async (claim) => {
        const outcome = await store.acquire(claim)
        acquired(claim, outcome)
        return outcome
      },
      extend: async (claims) => {
        const outcomes = await store.extend(claims)
        for (const [i, claim] of claims.entries()) extended(claim, outcomes[i])
        return outcomes
      },
      release: async (ownership) => {
        const answer = await store.release(ownership)
        released(ownership, answer)
        return answer
      },
    },
    heldUntil: (name, owner) => holdsOf(name).get(owner)?.expiresAt ?? -Infinity,
    get grants() {
      return grants
    },
    violations,
  }
}
