import type { Lease } from '../../../src/index.js'

/** Looks at what the holders of one name believe, and throws when two beliefs do not go together. */
export interface Overlaps {
  /** A lease was granted, with the limit of its claim. */
  granted(lease: Lease, limit: number): void
  /** To be called whenever anything may have changed. */
  look(): void
  readonly grants: number
  /** How many held the name together, at most. */
  readonly most: number
}

export function overlaps(): Overlaps {
  const leases = new Set<Lease>()
  let grants = 0
  let most = 0

  /** Who believes to hold the name now. Belief ends before the store's lease does, and never comes back. */
  const holders = (): Lease[] => {
    for (const lease of leases) if (!lease.held) leases.delete(lease)
    return [...leases]
  }

  const look = (): void => {
    const now = holders()
    most = Math.max(most, now.length)
    if (now.length > 1 && now.some(({ mode }) => mode === 'exclusive')) throw new Error(`P1: ${shown(now)}`)
  }

  return {
    granted: (lease, limit) => {
      grants++
      // The news of a grant may come after that of a later one. Fences show their order: who has a smaller one and
      // still holds, held when this one was admitted.
      const before = holders().filter(({ fence }) => (fence ?? 0) < (lease.fence ?? 0))
      if (lease.mode === 'shared' && before.length >= limit) throw new Error(`limit ${limit}: ${shown(before)} before`)
      if (holders().some(({ fence }) => fence === lease.fence)) throw new Error(`P2: fence ${lease.fence} twice`)
      leases.add(lease)
      look()
    },
    look,
    get grants() {
      return grants
    },
    get most() {
      return most
    },
  }
}

function shown(leases: readonly Lease[]): string {
  return leases.map(({ mode, fence }) => `${mode} ${fence}`).join(', ')
}
