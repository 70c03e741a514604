import { Hold } from '../hold/hold.js'
import type { Clock } from '../clock.js'
import type { HandOverBounds } from '../options/options.js'
import type { TimerQueue } from '../timers/timer-queue.js'
import { canHandOver, handOverUntil, hasSpareFence, reserveFences, takeSpareFence } from './hand-over.js'
import { NameState, type QueuedWaiter } from './name-state.js'

/**
 * The state of each name in this process: its holds, and the queue of its acquisitions.
 *
 * Only the first waiter of a name asks the store, and with a shared claim at the front all shared ones that stand
 * directly behind it; the others cost the store nothing. While a hold of this process may still be handed over to the
 * first waiter, no waiter asks: the first one gets it from its holder.
 */
export interface Names {
  enqueue(waiter: QueuedWaiter): void
  /** The waiter leaves the queue; nothing happens if it has left. */
  dequeue(waiter: QueuedWaiter): void
  /** How many fences to reserve with a claim: one, and one for each waiter that may be handed the hold. */
  fencesToReserve(name: string): number
  /** The hold begins. It was granted to this waiter, which leaves the queue. */
  add(hold: Hold, waiter?: QueuedWaiter): void
  /** The hold has ended. */
  remove(hold: Hold): void
  /** The hold is not to be handed over any more. */
  forbidHandOver(hold: Hold): void
  /** Hands a hold that its holder gives up to the first waiter. False when it has to go back to the store. */
  handOver(hold: Hold): boolean | Promise<boolean>
  holdsOf(name: string): Iterable<Hold>
  /** The holds and the waiters of all names. */
  all(): readonly (Hold | QueuedWaiter)[]
}

export interface NamesOptions {
  readonly clock: Clock
  readonly timers: TimerQueue
  readonly bounds: HandOverBounds
}

const SPARE_ENTRIES = 64

/**
 * Whether the hold is on terms that the waiter asks for. Otherwise it is not handed over, however soon it is released. A
 * name that is to stay taken even if the process ends needs its whole ttl, which the store alone gives.
 */
const suits = ({ claim, terms }: Hold, { mode, settings }: QueuedWaiter): boolean =>
  mode === 'exclusive' &&
  settings.ttlMs === claim.ttlMs &&
  settings.terms.renew === terms.renew &&
  settings.terms.minHoldMs === 0

export function createNames({ clock, timers, bounds }: NamesOptions): Names {
  // Most names have one waiter that asks, or one hold: those are kept as they are.
  const names = new Map<string | number, Hold | QueuedWaiter | NameState | undefined>()
  // A map that is nearly empty is rebuilt by each insertion and deletion. Keys that are no names keep it from that.
  for (let i = 0; i < SPARE_ENTRIES; i++) names.set(i, undefined)

  const mayBeCurrent = (hold: Hold): boolean =>
    bounds.count > 0 && hold.claim.mode === 'exclusive' && hold.handOvers < bounds.count

  const expanded = (name: string): NameState => {
    const present = names.get(name)
    if (present instanceof NameState) return present
    const state = new NameState(name, advance)
    if (present instanceof Hold) {
      state.holds.add(present)
      if (mayBeCurrent(present)) state.current = present
    } else if (present !== undefined) state.append(present)
    names.set(name, state)
    return state
  }

  /** Keeps of a state only the part that is left, if it is one thing or nothing. */
  const contract = ({ name, holds, first }: NameState): void => {
    if (first !== undefined || holds.size > 1) return
    const [hold] = holds
    if (hold === undefined) names.delete(name)
    else names.set(name, hold)
  }

  /** Admits the waiters that may ask the store now. */
  function advance(state: NameState): void {
    const { first, current } = state
    if (first === undefined) {
      timers.clear(state)
      return contract(state)
    }
    if (!first.admitted) {
      const until = current !== undefined && suits(current, first) ? handOverUntil(current, bounds) : -Infinity
      if (until > clock.now()) return timers.set(state, until)
      state.admit(first)
    }
    if (first.mode !== 'shared') return
    for (let next = state.nextToAdmit; next?.mode === 'shared'; next = state.nextToAdmit) state.admit(next)
  }

  const accepts = (hold: Hold, waiter: QueuedWaiter): boolean =>
    !waiter.admitted && suits(hold, waiter) && canHandOver(hold)

  const giveToFirst = (hold: Hold): boolean => {
    const state = names.get(hold.claim.name)
    if (!(state instanceof NameState) || state.current !== hold) return false
    for (let { first } = state; first !== undefined; first = state.first) {
      if (!accepts(hold, first) || !hasSpareFence(hold)) return false
      state.delete(first)
      // A waiter that has just stopped waiting uses a fence up all the same.
      if (!first.accept(hold, takeSpareFence(hold))) continue
      advance(state)
      return true
    }
    return false
  }

  const reserveAndGive = async (hold: Hold, waiting: number, until: number): Promise<boolean> =>
    (await reserveFences(hold, Math.min(waiting, bounds.count - hold.handOvers), until)) && giveToFirst(hold)

  return {
    enqueue: (waiter) => {
      if (names.get(waiter.name) !== undefined) {
        const state = expanded(waiter.name)
        state.append(waiter)
        return advance(state)
      }
      names.set(waiter.name, waiter)
      waiter.admitted = true
    },
    dequeue: (waiter) => {
      const state = names.get(waiter.name)
      if (state === waiter) names.delete(waiter.name)
      if (state instanceof NameState && state.delete(waiter)) advance(state)
    },
    fencesToReserve: (name) => {
      const state = names.get(name)
      return state instanceof NameState ? Math.max(1, Math.min(state.waiting, bounds.count + 1)) : 1
    },
    add: (hold, waiter) => {
      const { name } = hold.claim
      const present = names.get(name)
      if (present === undefined || present === waiter) {
        names.set(name, hold)
        return
      }
      const state = expanded(name)
      state.holds.add(hold)
      if (mayBeCurrent(hold)) state.current = hold
      if (waiter !== undefined && state.delete(waiter)) advance(state)
    },
    remove: (hold) => {
      const { name } = hold.claim
      const state = names.get(name)
      if (state === hold) names.delete(name)
      if (!(state instanceof NameState) || !state.holds.delete(hold)) return
      if (state.current === hold) state.current = undefined
      advance(state)
    },
    forbidHandOver: (hold) => {
      hold.handOvers = Infinity
      const state = names.get(hold.claim.name)
      if (!(state instanceof NameState) || state.current !== hold) return
      state.current = undefined
      advance(state)
    },
    handOver: (hold) => {
      const state = names.get(hold.claim.name)
      if (!(state instanceof NameState) || state.current !== hold) return false
      const { first, waiting } = state
      const until = handOverUntil(hold, bounds)
      if (first === undefined || until <= clock.now() || !accepts(hold, first)) return false
      // Without renewal the next holder needs its whole ttl, which a reservation gives.
      return hold.terms.renew && hasSpareFence(hold) ? giveToFirst(hold) : reserveAndGive(hold, waiting, until)
    },
    holdsOf: (name) => {
      const present = names.get(name)
      if (present instanceof Hold) return [present]
      return present instanceof NameState ? [...present.holds] : []
    },
    all: () =>
      [...names.values()].flatMap((present) => (present instanceof NameState ? present.all() : (present ?? []))),
  }
}
