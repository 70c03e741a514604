import type { Alarm, Alarms } from './alarms.js'
import type { LockMode } from './backend.js'
import type { Clock } from './clock.js'
import { type HandOverBounds, hasFence, mayBeHandedOn, reserveFences, takeFence, windowEnd } from './hand-over.js'
import type { Tenure } from './tenure.js'
import type { Term } from './term.js'

/** One acquisition in the line for a name within this process. */
export interface LocalPlace {
  readonly name: string
  readonly mode: LockMode
  readonly settings: { readonly ttlMs: number; readonly term: Term }
  /** Whether it is its turn to ask the store. */
  called: boolean
  /** Told when its turn comes. */
  call(): void
  /** Offered a tenure of this process that its holder gives up. False when it is not waited for any more. */
  take(tenure: Tenure, fence: number | null): boolean
}

/**
 * Who in this process may ask the store for a name: the first in line, and with a shared claim at the front all
 * shared ones that stand directly behind it. The others cost the store nothing.
 *
 * While a tenure of this process may still be handed on, nobody asks: the first in line gets it from its holder.
 */
export interface LocalLines {
  join(place: LocalPlace): void
  leave(place: LocalPlace): void
  /** How many fences to reserve with a claim: one, and one for each who may be handed the tenure. */
  fencesFor(name: string): number
  /** The tenure is held, and may be handed on. */
  occupy(tenure: Tenure): void
  /** The tenure is held no more. */
  vacate(tenure: Tenure): void
  /** Hands a tenure that its holder gives up to the first in line. False when it has to go back to the store. */
  passOn(tenure: Tenure): boolean | Promise<boolean>
}

export function createLocalLines(clock: Clock, alarms: Alarms, bounds: HandOverBounds): LocalLines {
  /** Where somebody waits, or asks. */
  const spots = new Map<string, Spot>()
  /** What this process holds and may hand on, by name. */
  const tenures = new Map<string, Tenure>()

  const spotOf = (name: string): Spot => {
    let spot = spots.get(name)
    if (spot === undefined) spots.set(name, (spot = new Spot(name, advance)))
    return spot
  }

  /** Until when nobody asks the store, because the first in line may be handed what this process holds. */
  const endOfHope = ({ name }: Spot): number => {
    const tenure = tenures.get(name)
    return tenure === undefined ? -Infinity : windowEnd(tenure, bounds)
  }

  const mayPass = (tenure: Tenure, { called, mode, settings }: LocalPlace): boolean =>
    !called &&
    mode === 'exclusive' &&
    settings.ttlMs === tenure.claim.ttlMs &&
    settings.term.renew === tenure.term.renew &&
    mayBeHandedOn(tenure)

  const give = (tenure: Tenure, spot: Spot): boolean => {
    const { places } = spot
    for (let first = places[0]; first !== undefined; first = places[0]) {
      // One who waits no more uses a fence up all the same.
      if (!mayPass(tenure, first) || !hasFence(tenure)) return false
      places.shift()
      if (!first.take(tenure, takeFence(tenure))) continue
      advance(spot)
      return true
    }
    return false
  }

  const reserveAndGive = async (tenure: Tenure, waiting: number): Promise<boolean> => {
    if (!(await reserveFences(tenure, Math.min(waiting, bounds.count - tenure.handedOn)))) return false
    const spot = spots.get(tenure.claim.name)
    return spot !== undefined && give(tenure, spot)
  }

  /** Calls whose turn it is, and forgets the spot when nobody is there any more. */
  function advance(spot: Spot): void {
    const [first] = spot.places
    if (first === undefined) {
      alarms.clear(spot)
      spots.delete(spot.name)
      return
    }
    if (first.called && spot.places.length === 1) return
    if (!first.called) {
      const end = endOfHope(spot)
      if (end > clock.now()) return alarms.set(spot, end)
    }
    for (const place of spot.places) {
      if (place !== first && (place.mode !== 'shared' || first.mode !== 'shared')) return
      if (place.called) continue
      place.called = true
      place.call()
    }
  }

  return {
    join: (place) => {
      const spot = spotOf(place.name)
      spot.places.push(place)
      advance(spot)
    },
    leave: (place) => {
      const spot = spots.get(place.name)
      if (spot === undefined) return
      const { places } = spot
      if (places[0] === place) places.shift()
      else if (places.includes(place)) places.splice(places.indexOf(place), 1)
      advance(spot)
    },
    fencesFor: (name) => Math.max(1, Math.min(spots.get(name)?.places.length ?? 1, bounds.count + 1)),
    occupy: (tenure) => {
      if (bounds.count > 0 && tenure.claim.mode === 'exclusive') tenures.set(tenure.claim.name, tenure)
    },
    vacate: (tenure) => {
      const { name } = tenure.claim
      if (tenures.get(name) !== tenure) return
      tenures.delete(name)
      const spot = spots.get(name)
      if (spot !== undefined) advance(spot)
    },
    passOn: (tenure) => {
      const { name } = tenure.claim
      const spot = spots.get(name)
      const first = spot?.places[0]
      if (spot === undefined || first === undefined || tenures.get(name) !== tenure) return false
      if (endOfHope(spot) <= clock.now() || !mayPass(tenure, first)) return false
      return hasFence(tenure) ? give(tenure, spot) : reserveAndGive(tenure, spot.places.length)
    },
  }
}

/** What goes on under one name in this process. Rings when those in line need no longer hope for what it holds. */
class Spot implements Alarm {
  at = 0
  slot = -1
  readonly name: string
  readonly places: LocalPlace[] = []
  readonly #advance: (spot: Spot) => void

  constructor(name: string, advance: (spot: Spot) => void) {
    this.name = name
    this.#advance = advance
  }

  ring(): void {
    this.#advance(this)
  }
}
