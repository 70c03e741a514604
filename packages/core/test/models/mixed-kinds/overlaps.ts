import type { Lease } from '../../../src/index.js'

/** Compares the leases on one name that count as held, and throws when two of them must not be held together. */
export interface Overlaps {
  /** Notes a granted lease, with the limit of its claim. */
  granted(lease: Lease, limit: number): void
  /** Compares the leases. To be called whenever a lease may have changed. */
  look(): void
  readonly grants: number
  /** The greatest number of leases that were held together. */
  readonly most: number
}

export function overlaps(): Overlaps {
  const leases = new Set<Lease>()
  let grants = 0
  let most = 0

  /** The leases that count as held now. A lease ends here before it ends at the store, and is never held again. */
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
      // The grants may be noted in another order than the store made them. Their fences show the order: a lease with a
      // smaller fence that is held now was held when this one was admitted.
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
