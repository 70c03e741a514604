import type { Claim } from '@holdfast/core'
import { type Mutant, mutant, type Room, roomOf } from './mutant.js'
import { telling } from './watching.js'

/** A backend that does not notify some of the owners whose name is taken by force; `thief` is absent for an eviction. */
export function sparing(untold: (state: Room, thief: Claim | undefined) => readonly string[]): Mutant['wrapFor'] {
  return (kit) => {
    const silent = new Set<string>()
    const note = (name: string, thief?: Claim): void => {
      for (const owner of untold(roomOf(kit, name), thief)) silent.add(`${name} ${owner}`)
    }
    const withoutThem = telling(() => (turn) => {
      return turn.type === 'taken' && silent.has(`${turn.name} ${turn.owner}`) ? null : turn
    })(kit)
    return (inner, index) => ({
      ...withoutThem(inner, index),
      acquire: (claim) => {
        if (claim.steal) note(claim.name, claim)
        return inner.acquire(claim)
      },
      evict: (name) => {
        note(name)
        return inner.evict(name)
      },
    })
  }
}

export const ownersOf = ({ holders }: Room): string[] => [...holders.keys()]

const unconfirmed = ({ holders }: Room): string[] =>
  [...holders].flatMap(([owner, hold]) => (hold.unconfirmed === true ? [owner] : []))

/** Backends that notify some of those from whom a name is taken, or whom the line admits together. */
export const lossMutants: readonly Mutant[] = [
  mutant('tells nothing of an eviction to an owner that made its lease shared', 'losses/every-holder', (kit) => {
    const changed = new Set<string>()
    const spare = sparing((state, thief) => (thief ? [] : ownersOf(state).filter((owner) => changed.has(owner))))(kit)
    return (inner, index) => {
      const backend = spare(inner, index)
      return {
        ...backend,
        extend: (claims) => {
          for (const { mode, owner } of claims) if (mode === 'shared') changed.add(owner)
          return backend.extend(claims)
        },
      }
    }
  }),
  mutant(
    'tells nothing to an owner of more than 250 characters whose name is evicted',
    'losses/names',
    sparing((state, thief) => (thief === undefined ? ownersOf(state).filter(({ length }) => length > 250) : [])),
  ),
  mutant(
    'tells readers nothing of a reader that steals from them',
    'losses/readers',
    sparing((state, thief) => (thief?.mode === 'shared' ? ownersOf(state) : [])),
  ),
  mutant(
    'tells the former holder nothing of an eviction when somebody waits',
    'losses/evicted',
    sparing((state, thief) => (thief === undefined && state.line.length > 0 ? ownersOf(state) : [])),
  ),
  mutant(
    'tells an owner that has not confirmed its grant nothing of an eviction',
    'losses/unconfirmed',
    sparing((state, thief) => (thief === undefined ? unconfirmed(state) : [])),
  ),
  mutant(
    'tells an owner that has not confirmed its grant nothing of a theft',
    'losses/unconfirmed',
    sparing((state, thief) => (thief === undefined ? [] : unconfirmed(state))),
  ),
  mutant(
    'tells eight of those who are stolen from',
    'losses/readers',
    sparing((state, thief) => (thief === undefined ? [] : ownersOf(state).slice(8))),
  ),
  mutant(
    'tells 32 of those who are evicted',
    'losses/readers',
    sparing((state, thief) => (thief === undefined ? ownersOf(state).slice(32) : [])),
  ),
  mutant(
    'tells 16 of those who are admitted together',
    'watch/readers',
    telling(() => {
      let told = 0
      return (turn) => {
        if (told++ === 0) setImmediate(() => (told = 0))
        return told > 16 ? null : turn
      }
    }),
  ),
]
