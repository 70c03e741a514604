import type { Claim } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { claiming, type Mutant, mutant, type Room, roomOf, showing } from './mutant.js'

const waits = (state: Room, owner: string): boolean => state.line.some((place) => place.claim.owner === owner)

/** Changes the line after each claim that kept or took a place. */
function lining(change: (state: Room, claim: Claim, kit: Kit, before: readonly string[]) => void): Mutant['wrapFor'] {
  return (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const before = roomOf(kit, claim.name).line.map((place) => place.claim.owner)
      const outcome = await inner.acquire(claim)
      const state = roomOf(kit, claim.name)
      if (!outcome.acquired && waits(state, claim.owner)) change(state, claim, kit, before)
      return outcome
    },
  })
}

/** Changes the places in line that are answered. */
function placing(change: (ahead: number, kit: Kit, claim: Claim) => number): Mutant['wrapFor'] {
  return (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (outcome.acquired || outcome.ahead === null) return outcome
      return { ...outcome, ahead: change(outcome.ahead, kit, claim) }
    },
  })
}

function mine(state: Room, owner: string) {
  return state.line.find((place) => place.claim.owner === owner)
}

export const lineMutants: readonly Mutant[] = [
  mutant('forgets that others wait once the head of the line was granted the name', 'line/no-barging-later', (kit) => {
    const handedOver = new Set<string>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const { holders, line } = roomOf(kit, claim.name)
        const waited = line.some((place) => place.claim.owner === claim.owner) || holders.has(claim.owner)
        const ended = [...holders.values()].every((hold) => hold.expiresAt <= kit.clock.now())
        if (ended && holders.size > 0 && handedOver.has(claim.name)) return inner.acquire({ ...claim, steal: true })
        const outcome = await inner.acquire(claim)
        if (outcome.acquired && waited) handedOver.add(claim.name)
        return outcome
      },
    })
  }),
  mutant(
    'serves those who wait last come, first served',
    'line/fifo',
    lining(({ line }, { owner }, _kit, before) => {
      const last = line.at(-1)
      if (!before.includes(owner) && last !== undefined) line.unshift(...line.splice(-1))
    }),
  ),
  mutant(
    'counts a claim among those before it',
    'line/ahead',
    placing((ahead) => ahead + 1),
  ),
  mutant(
    'tells everybody to be the head',
    ['line/ahead', 'concurrency/places'],
    placing(() => 0),
  ),
  mutant('tells a place to a claim that has none', 'line/ahead', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      return outcome.acquired ? outcome : { ...outcome, ahead: outcome.ahead ?? 0 }
    },
  })),
  mutant(
    'sends a claim that repeats to the back of the line',
    'line/keeps-place',
    lining(({ line }, { owner }, _kit, before) => {
      const index = line.findIndex((place) => place.claim.owner === owner)
      if (before.includes(owner)) line.push(...line.splice(index, 1))
    }),
  ),
  mutant(
    'takes another place for a claim that repeats',
    'line/keeps-place',
    lining((state, { owner }, _kit, before) => {
      const place = mine(state, owner)
      if (before.includes(owner) && place !== undefined) state.line.push({ ...place })
    }),
  ),
  mutant('does not refresh the place of a claim that repeats', 'line/refreshes-place', (kit) => {
    const ends = new Map<string, number>()
    return lining((state, { owner }) => {
      const place = mine(state, owner)
      if (place === undefined) return
      place.expiresAt = ends.get(owner) ?? place.expiresAt
      ends.set(owner, place.expiresAt)
    })(kit)
  }),
  mutant('ends a place after the first lineMs of its claim', 'line/refreshes-place', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const lineMs = mine(roomOf(kit, claim.name), claim.owner)?.claim.lineMs
      return inner.acquire(lineMs === undefined ? claim : { ...claim, lineMs })
    },
  })),
  mutant('lets those who leave keep their place', 'line/leaves', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const line = [...roomOf(kit, ownership.name).line]
      const outcome = await inner.release(ownership)
      if (outcome === 'not-held') roomOf(kit, ownership.name).line.splice(0, Infinity, ...line)
      return outcome
    },
  })),
  mutant('answers "released" to those who leave the line', 'line/leaves', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const waited = waits(roomOf(kit, ownership.name), ownership.owner)
      const outcome = await inner.release(ownership)
      return waited ? 'released' : outcome
    },
  })),
  mutant('extends for those who wait', 'line/waiting-is-not-holding', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      return outcomes.map((outcome, index) => {
        const claim = claims[index]
        if (claim === undefined || !waits(roomOf(kit, claim.name), claim.owner)) return outcome
        return { status: 'extended', validMs: claim.ttlMs, fence: null }
      })
    },
  })),
  mutant('takes those out of the line who extend', 'line/waiting-is-not-holding', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      for (const { name, owner } of claims) {
        const { line } = roomOf(kit, name)
        const index = line.findIndex((place) => place.claim.owner === owner)
        if (index >= 0) line.splice(index, 1)
      }
      return inner.extend(claims)
    },
  })),
  mutant(
    'shows nobody waiting',
    'line/waiting-shown',
    showing((seen) => ({ ...seen, waiting: 0 })),
  ),
  mutant(
    'does not say whether anybody waits',
    'line/waiting-shown',
    showing((seen) => ({ ...seen, waiting: null })),
  ),
  mutant(
    'counts everybody who waits for anything as ahead',
    'line/own-name',
    placing((ahead, { store }, { name }) => {
      const others = [...store.names].filter(([other]) => other !== name && other.startsWith(name.slice(0, 40)))
      return ahead + others.reduce((sum, [, state]) => sum + state.line.length, 0)
    }),
  ),
  mutant(
    'never ends a place in line',
    ['line/place-ends', 'line/back-of-the-line'],
    claiming((claim) => (claim.lineMs === undefined ? claim : { ...claim, lineMs: 2 ** 31 })),
  ),
  mutant(
    'takes lineMs for seconds',
    'line/place-ends',
    claiming((claim) => (claim.lineMs === undefined ? claim : { ...claim, lineMs: claim.lineMs * 1000 })),
  ),
  mutant(
    'ends a place after half of its lineMs',
    'line/place-lasts',
    claiming((claim) => (claim.lineMs === undefined ? claim : { ...claim, lineMs: claim.lineMs / 2 })),
  ),
  mutant(
    'keeps a place for the ttl of its claim at most',
    'line/place-is-not-a-ttl',
    claiming((claim) =>
      claim.lineMs === undefined ? claim : { ...claim, lineMs: Math.min(claim.lineMs, claim.ttlMs) },
    ),
  ),
  mutant('gives a lost place back to whoever had it', 'line/back-of-the-line', (kit) => {
    const known = new Set<string>()
    return lining(({ line }, { owner }, _kit, before) => {
      if (known.has(owner) && !before.includes(owner)) line.unshift(...line.splice(-1))
      known.add(owner)
    })(kit)
  }),
]
