import { FATES, type Fate } from './network.js'

/** The number of events of each kind, in one run or in several. */
export interface Counts {
  grants: number
  leases: number
  contended: number
  handedOver: number
  lost: number
  renewed: number
  extended: number
  aborted: number
  indeterminate: number
  unknownReleases: number
  crashes: number
  pauses: number
  fates: Record<Fate, number>
}

export function noCounts(): Counts {
  const fates = Object.fromEntries(Object.keys(FATES).map((fate) => [fate, 0])) as Record<Fate, number>
  return {
    grants: 0,
    leases: 0,
    contended: 0,
    handedOver: 0,
    lost: 0,
    renewed: 0,
    extended: 0,
    aborted: 0,
    indeterminate: 0,
    unknownReleases: 0,
    crashes: 0,
    pauses: 0,
    fates,
  }
}
