import type { Disturbance, LeaseView } from './view.js'

/** Decides which overlaps an assumption permits. */
export interface Excuses {
  /**
   * Whether the store may have forgotten this lease, or given its name to another owner by force, such that it still
   * says `held` at that time.
   */
  readonly overtaken: (lease: LeaseView, name: string, at: number) => boolean
}

/**
 * A holder learns of a loss by its next renewal, and at its deadline at the latest: within its ttl of the end of the
 * disturbance. Only a lease that was asked for before that end can be lost by it.
 */
export function excusesOf(disturbances: readonly Disturbance[]): Excuses {
  return {
    overtaken: (lease, name, at) =>
      disturbances.some(
        (each) =>
          (each.name === undefined || each.name === name) &&
          each.from <= at &&
          lease.holdAsked <= each.to &&
          at <= each.to + lease.terms.ttlMs,
      ),
  }
}
