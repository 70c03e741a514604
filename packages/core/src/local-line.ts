import type { Alarm, Alarms } from './alarms.js'
import type { LockMode } from './backend.js'
import type { Clock } from './clock.js'
import type { Tenure, Term } from './tenure.js'

/** One acquisition in the line for a name within this process. */
export interface LocalPlace {
  readonly mode: LockMode
  readonly ttlMs: number
  readonly term: Term
  /** Whether it is its turn to ask the store. */
  called: boolean
  /** Told when its turn comes. */
  call(): void
  /** Offered a tenure of this process that its holder gives up. False when it is not waited for any more. */
  take(tenure: Tenure, fence: number | null): boolean
}

/** Within which bounds a tenure may pass from hand to hand in this process, so that others are served in their turn. */
export interface HandOverBounds {
  /** How often, at most. 0: never. */
  readonly count: number
  /** For how long after the store's grant, in milliseconds. */
  readonly ms: number
}

/**
 * Who in this process may ask the store for a name: the first in line, and with a shared claim at the front all
 * shared ones that stand directly behind it. The others cost the store nothing.
 *
 * While a tenure of this process may still be handed on, nobody asks: the first in line gets it from its holder.
 */
export interface LocalLines {
  join(name: string, place: LocalPlace): void
  leave(name: string, place: LocalPlace): void
  /** How many fences to reserve with a claim: one, and one for each who may be handed the tenure. */
  fencesFor(name: string): number
  /** The tenure is held, and may be handed on. */
  occupy(tenure: Tenure): void
  /** The tenure is held no more. */
  vacate(tenure: Tenure): void
  /** Hands a tenure that its holder gives up to the first in line. False when it has to go back to the store. */
  passOn(tenure: Tenure): boolean | Promise<boolean>
}

/** With less than this share of its ttl left, a tenure is not worth handing on. */
const WORTH_HANDING_ON = 1 / 2

export function createLocalLines(clock: Clock, alarms: Alarms, bounds: HandOverBounds): LocalLines {
  const lines = new Map<string, Line>()
  const occupants = new Map<string, Tenure>()

  /** Until when nobody asks the store, because the first in line may be handed what this process holds. */
  const windowEnd = (name: string): number => {
    const tenure = occupants.get(name)
    if (tenure === undefined || tenure.handedOn >= bounds.count) return -Infinity
    return tenure.grantedAt + Math.min(bounds.ms, tenure.claim.ttlMs * (1 - WORTH_HANDING_ON))
  }

  const advance = (name: string, line: Line): void => {
    const [first] = line.places
    if (first === undefined) {
      alarms.clear(line)
      lines.delete(name)
      return
    }
    if (!first.called && windowEnd(name) > clock.now()) return alarms.set(line, windowEnd(name))
    for (const place of line.places) {
      if (place !== first && (place.mode !== 'shared' || first.mode !== 'shared')) return
      if (place.called) continue
      place.called = true
      place.call()
    }
  }

  const mayPass = (tenure: Tenure, first: LocalPlace): boolean =>
    !first.called &&
    first.mode === 'exclusive' &&
    first.ttlMs === tenure.claim.ttlMs &&
    first.term.renew === tenure.term.renew &&
    tenure.mayBeHandedOn() &&
    tenure.left() >= tenure.claim.ttlMs * WORTH_HANDING_ON

  const give = (tenure: Tenure): boolean => {
    const places = lines.get(tenure.claim.name)?.places ?? []
    for (let first = places[0]; first !== undefined; first = places[0]) {
      if (!mayPass(tenure, first)) return false
      places.shift()
      if (first.take(tenure, tenure.nextFence())) {
        tenure.handedOn++
        return true
      }
    }
    return false
  }

  const reserveAndGive = async (tenure: Tenure, count: number): Promise<boolean> =>
    (await tenure.reserveFences(count)) && give(tenure)

  return {
    join: (name, place) => {
      let line = lines.get(name)
      if (line === undefined) lines.set(name, (line = new Line(() => advance(name, line as Line))))
      line.places.push(place)
      advance(name, line)
    },
    leave: (name, place) => {
      const line = lines.get(name)
      const index = line?.places.indexOf(place) ?? -1
      if (line === undefined) return
      if (index >= 0) line.places.splice(index, 1)
      advance(name, line)
    },
    fencesFor: (name) => Math.max(1, Math.min(lines.get(name)?.places.length ?? 1, bounds.count + 1)),
    occupy: (tenure) => {
      if (bounds.count > 0 && tenure.claim.mode === 'exclusive') occupants.set(tenure.claim.name, tenure)
    },
    vacate: (tenure) => {
      const { name } = tenure.claim
      if (occupants.get(name) !== tenure) return
      occupants.delete(name)
      const line = lines.get(name)
      if (line !== undefined) advance(name, line)
    },
    passOn: (tenure) => {
      const { name } = tenure.claim
      const first = lines.get(name)?.places[0]
      if (first === undefined || windowEnd(name) <= clock.now() || !mayPass(tenure, first)) return false
      if (tenure.hasFence()) return give(tenure)
      return reserveAndGive(tenure, Math.min(lines.get(name)?.places.length ?? 1, bounds.count - tenure.handedOn))
    },
  }
}

/** The line for one name. Rings when those in it need no longer hope for what this process holds. */
class Line implements Alarm {
  at = 0
  slot = -1
  readonly places: LocalPlace[] = []
  readonly ring: () => void

  constructor(ring: () => void) {
    this.ring = ring
  }
}
