import type { Alarm, Alarms } from './alarms.js'
import type { LockMode } from './backend.js'
import type { Clock } from './clock.js'
import { type HandOverBounds, hasFence, mayBeHandedOn, reserveFences, takeFence, windowEnd } from './hand-over.js'
import { Tenure } from './tenure.js'
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
  /** The tenure is held, and may be handed on. It was granted to this place, which leaves. */
  occupy(tenure: Tenure, place: LocalPlace): void
  /** The tenure is held no more. */
  vacate(tenure: Tenure): void
  /** Hands a tenure that its holder gives up to the first in line. False when it has to go back to the store. */
  passOn(tenure: Tenure): boolean | Promise<boolean>
}

export function createLocalLines(clock: Clock, alarms: Alarms, bounds: HandOverBounds): LocalLines {
  /** What goes on under each name: one who asks, what is held, or more of that. A spot is made only where it is crowded. */
  const names = new Map<string, LocalPlace | Tenure | Spot>()

  const spotOf = (name: string): Spot => {
    const present = names.get(name)
    if (present instanceof Spot) return present
    const spot = new Spot(name, advance)
    if (present instanceof Tenure) spot.tenure = present
    else if (present !== undefined) spot.places.push(present)
    names.set(name, spot)
    return spot
  }

  /** Until when nobody asks the store, because the first in line may be handed what this process holds. */
  const endOfHope = ({ tenure }: Spot): number => (tenure === undefined ? -Infinity : windowEnd(tenure, bounds))

  const mayPass = (tenure: Tenure, { called, mode, settings }: LocalPlace): boolean =>
    !called &&
    mode === 'exclusive' &&
    settings.ttlMs === tenure.claim.ttlMs &&
    settings.term.renew === tenure.term.renew &&
    mayBeHandedOn(tenure)

  const give = (tenure: Tenure): boolean => {
    const spot = names.get(tenure.claim.name)
    if (!(spot instanceof Spot) || spot.tenure !== tenure) return false
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

  const reserveAndGive = async (tenure: Tenure, waiting: number): Promise<boolean> =>
    (await reserveFences(tenure, Math.min(waiting, bounds.count - tenure.handedOn))) && give(tenure)

  /** Calls whose turn it is, and takes the spot away when it is crowded no more. */
  function advance(spot: Spot): void {
    const { name, places, tenure } = spot
    const [first] = places
    if (first === undefined) {
      alarms.clear(spot)
      if (tenure === undefined) names.delete(name)
      else names.set(name, tenure)
      return
    }
    if (first.called && places.length === 1) return
    if (!first.called) {
      const end = endOfHope(spot)
      if (end > clock.now()) return alarms.set(spot, end)
    }
    for (const place of places) {
      if (place !== first && (place.mode !== 'shared' || first.mode !== 'shared')) return
      if (!place.called) callUp(place)
    }
  }

  const callUp = (place: LocalPlace): void => {
    place.called = true
    place.call()
  }

  return {
    join: (place) => {
      const { name } = place
      if (names.has(name)) {
        const spot = spotOf(name)
        spot.places.push(place)
        return advance(spot)
      }
      names.set(name, place)
      callUp(place)
    },
    leave: (place) => {
      const spot = names.get(place.name)
      if (spot === place) names.delete(place.name)
      if (!(spot instanceof Spot)) return
      const { places } = spot
      if (places[0] === place) places.shift()
      else if (places.includes(place)) places.splice(places.indexOf(place), 1)
      advance(spot)
    },
    fencesFor: (name) => {
      const spot = names.get(name)
      return spot instanceof Spot ? Math.max(1, Math.min(spot.places.length, bounds.count + 1)) : 1
    },
    occupy: (tenure, place) => {
      if (bounds.count === 0 || tenure.claim.mode !== 'exclusive') return
      const { name } = tenure.claim
      const present = names.get(name)
      if (present === undefined || present === place) names.set(name, tenure)
      else spotOf(name).tenure = tenure
    },
    vacate: (tenure) => {
      const { name } = tenure.claim
      const spot = names.get(name)
      if (spot === tenure) names.delete(name)
      if (!(spot instanceof Spot) || spot.tenure !== tenure) return
      spot.tenure = undefined
      advance(spot)
    },
    passOn: (tenure) => {
      const spot = names.get(tenure.claim.name)
      if (!(spot instanceof Spot) || spot.tenure !== tenure) return false
      const [first] = spot.places
      if (first === undefined || endOfHope(spot) <= clock.now() || !mayPass(tenure, first)) return false
      return hasFence(tenure) ? give(tenure) : reserveAndGive(tenure, spot.places.length)
    },
  }
}

/** A name in this process that is crowded. Rings when those in line need no longer hope for what it holds. */
class Spot implements Alarm {
  at = 0
  slot = -1
  readonly name: string
  readonly places: LocalPlace[] = []
  /** Held here, and may be handed on. */
  tenure: Tenure | undefined
  readonly #advance: (spot: Spot) => void

  constructor(name: string, advance: (spot: Spot) => void) {
    this.name = name
    this.#advance = advance
  }

  ring(): void {
    this.#advance(this)
  }
}
