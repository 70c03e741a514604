import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import type { LockMode } from '../backend.js'
import type { Clock } from '../clock.js'
import { hasSpareFence, canHandOver, reserveFences, takeSpareFence, handOverUntil } from './hand-over.js'
import { Hold } from '../hold/hold.js'
import type { HandOverBounds, HoldTerms } from '../options/options.js'

/** One acquisition in the line for a name within this process. */
export interface QueuedWaiter {
  readonly name: string
  readonly mode: LockMode
  readonly settings: { readonly ttlMs: number; readonly term: HoldTerms }
  /** Whether it is its turn to ask the store. */
  admitted: boolean
  /** Told when its turn comes. */
  admit(): void
  /** Offered a hold of this process that its holder gives up. False when it is not waited for any more. */
  accept(hold: Hold, fence: number | null): boolean
}

/**
 * Who in this process may ask the store for a name: the first in line, and with a shared claim at the front all
 * shared ones that stand directly behind it. The others cost the store nothing.
 *
 * While a hold of this process may still be handed on, nobody asks: the first in line gets it from its holder.
 */
export interface LocalQueues {
  enqueue(place: QueuedWaiter): void
  remove(place: QueuedWaiter): void
  /** How many fences to reserve with a claim: one, and one for each who may be handed the hold. */
  fencesToReserve(name: string): number
  /** The hold is held, and may be handed on. It was granted to this place, which leaves. */
  setHold(hold: Hold, place: QueuedWaiter): void
  /** The hold is held no more. */
  clearHold(hold: Hold): void
  /** Hands a hold that its holder gives up to the first in line. False when it has to go back to the store. */
  handOver(hold: Hold): boolean | Promise<boolean>
}

export function createLocalQueues(clock: Clock, timers: TimerQueue, bounds: HandOverBounds): LocalQueues {
  /** What goes on under each name: one who asks, what is held, or more of that. A spot is made only where it is crowded. */
  const names = new Map<string, QueuedWaiter | Hold | NameQueue>()

  const spotOf = (name: string): NameQueue => {
    const present = names.get(name)
    if (present instanceof NameQueue) return present
    const spot = new NameQueue(name, advance)
    if (present instanceof Hold) spot.hold = present
    else if (present !== undefined) spot.places.push(present)
    names.set(name, spot)
    return spot
  }

  /** Until when nobody asks the store, because the first in line may be handed what this process holds. */
  const endOfHope = ({ hold }: NameQueue): number => (hold === undefined ? -Infinity : handOverUntil(hold, bounds))

  const mayPass = (hold: Hold, { admitted: called, mode, settings }: QueuedWaiter): boolean =>
    !called &&
    mode === 'exclusive' &&
    settings.ttlMs === hold.claim.ttlMs &&
    settings.term.renew === hold.term.renew &&
    canHandOver(hold)

  const give = (hold: Hold): boolean => {
    const spot = names.get(hold.claim.name)
    if (!(spot instanceof NameQueue) || spot.hold !== hold) return false
    const { places } = spot
    for (let first = places[0]; first !== undefined; first = places[0]) {
      // One who waits no more uses a fence up all the same.
      if (!mayPass(hold, first) || !hasSpareFence(hold)) return false
      places.shift()
      if (!first.accept(hold, takeSpareFence(hold))) continue
      advance(spot)
      return true
    }
    return false
  }

  const reserveAndGive = async (hold: Hold, waiting: number): Promise<boolean> =>
    (await reserveFences(hold, Math.min(waiting, bounds.count - hold.handOvers))) && give(hold)

  /** Calls whose turn it is, and takes the spot away when it is crowded no more. */
  function advance(spot: NameQueue): void {
    const { name, places, hold } = spot
    const [first] = places
    if (first === undefined) {
      timers.clear(spot)
      if (hold === undefined) names.delete(name)
      else names.set(name, hold)
      return
    }
    if (first.admitted && places.length === 1) return
    if (!first.admitted) {
      const end = endOfHope(spot)
      if (end > clock.now()) return timers.set(spot, end)
    }
    for (const place of places) {
      if (place !== first && (place.mode !== 'shared' || first.mode !== 'shared')) return
      if (!place.admitted) callUp(place)
    }
  }

  const callUp = (place: QueuedWaiter): void => {
    place.admitted = true
    place.admit()
  }

  return {
    enqueue: (place) => {
      const { name } = place
      if (names.has(name)) {
        const spot = spotOf(name)
        spot.places.push(place)
        return advance(spot)
      }
      names.set(name, place)
      callUp(place)
    },
    remove: (place) => {
      const spot = names.get(place.name)
      if (spot === place) names.delete(place.name)
      if (!(spot instanceof NameQueue)) return
      const { places } = spot
      if (places[0] === place) places.shift()
      else if (places.includes(place)) places.splice(places.indexOf(place), 1)
      advance(spot)
    },
    fencesToReserve: (name) => {
      const spot = names.get(name)
      return spot instanceof NameQueue ? Math.max(1, Math.min(spot.places.length, bounds.count + 1)) : 1
    },
    setHold: (hold, place) => {
      if (bounds.count === 0 || hold.claim.mode !== 'exclusive') return
      const { name } = hold.claim
      const present = names.get(name)
      if (present === undefined || present === place) names.set(name, hold)
      else spotOf(name).hold = hold
    },
    clearHold: (hold) => {
      const { name } = hold.claim
      const spot = names.get(name)
      if (spot === hold) names.delete(name)
      if (!(spot instanceof NameQueue) || spot.hold !== hold) return
      spot.hold = undefined
      advance(spot)
    },
    handOver: (hold) => {
      const spot = names.get(hold.claim.name)
      if (!(spot instanceof NameQueue) || spot.hold !== hold) return false
      const [first] = spot.places
      if (first === undefined || endOfHope(spot) <= clock.now() || !mayPass(hold, first)) return false
      return hasSpareFence(hold) ? give(hold) : reserveAndGive(hold, spot.places.length)
    },
  }
}

/** A name in this process that is crowded. Rings when those in line need no longer hope for what it holds. */
class NameQueue implements Timer {
  dueAt = 0
  heapIndex = -1
  readonly name: string
  readonly places: QueuedWaiter[] = []
  /** Held here, and may be handed on. */
  hold: Hold | undefined
  readonly #advance: (spot: NameQueue) => void

  constructor(name: string, advance: (spot: NameQueue) => void) {
    this.name = name
    this.#advance = advance
  }

  fire(): void {
    this.#advance(this)
  }
}
