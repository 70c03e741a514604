import type { LockHolder, LockMode, LockSnapshot } from '@holdfast/core'

/** A name with everybody who holds it or waits for it. */
export interface NameState {
  readonly name: string
  readonly mode: LockMode
  readonly holders: readonly LockHolder[]
  /** The waiters in line at the store, the next one first. */
  readonly waiters: readonly { readonly label: string | null; readonly mode: LockMode }[]
}

/** The leases and waiters of a store by their names, in the order of the alphabet. */
export function groupByName({ held, pending }: LockSnapshot): NameState[] {
  const names = [...new Set([...held, ...pending].map(({ name }) => name))].toSorted()
  const holdersOf = byName(held)
  const waitersOf = byName(pending)
  return names.map((name) => {
    // In the order of the grants: a store may list them in another one each time.
    const holders = (holdersOf.get(name) ?? []).toSorted((a, b) => (a.fence ?? 0) - (b.fence ?? 0))
    const waiters = (waitersOf.get(name) ?? []).toSorted((a, b) => a.place - b.place)
    return {
      name,
      mode: holders[0]?.mode ?? waiters[0]?.mode ?? 'exclusive',
      holders: holders.map(({ label, remainingMs, fence }) => ({ label, remainingMs, fence })),
      waiters: waiters.map(({ label, mode }) => ({ label, mode })),
    }
  })
}

function byName<T extends { readonly name: string }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const each of all) {
    const group = groups.get(each.name)
    if (group === undefined) groups.set(each.name, [each])
    else group.push(each)
  }
  return groups
}
