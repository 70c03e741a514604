import type { Claim } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { answering, gap, type Mutant, mutant, roomOf, showing } from './mutant.js'

type Fencer = (claim: Claim, kit: Kit, index: number) => number

/** Numbers the grants of a correct backend wrongly, and consistently so: repeats and inspect show the same. */
function numbering(
  build: () => { readonly next: Fencer; readonly forget?: (verb: 'release' | 'evict', name: string) => void },
): Mutant['wrapFor'] {
  return (kit) => {
    const { next, forget } = build()
    return (inner, index) => ({
      ...inner,
      acquire: async (claim) => {
        const held = (await inner.inspect(claim.name))?.holders.find((holder) => holder.owner === claim.owner)
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired || held !== undefined) return outcome
        const fence = next(claim, kit, index)
        const hold = roomOf(kit, claim.name).holders.get(claim.owner)
        if (hold !== undefined) roomOf(kit, claim.name).holders.set(claim.owner, { ...hold, fence })
        return { ...outcome, fence }
      },
      release: (ownership) => inner.release(ownership).finally(() => forget?.('release', ownership.name)),
      evict: (name) => inner.evict(name).finally(() => forget?.('evict', name)),
    })
  }
}

function counters(forgetOn?: 'release' | 'evict') {
  const last = new Map<string, number>()
  return {
    next: ({ name, fences = 1 }: Claim): number => {
      const first = (last.get(name) ?? 0) + 1
      last.set(name, first + fences - 1)
      return first
    },
    forget: (verb: 'release' | 'evict', name: string): void => void (verb === forgetOn && last.delete(name)),
  }
}

export const fenceMutants: readonly Mutant[] = [
  mutant(
    'gives fences that are no whole numbers',
    'fences/number',
    answering((outcome) =>
      outcome.acquired && outcome.fence !== null ? { ...outcome, fence: outcome.fence / 7 } : outcome,
    ),
  ),
  mutant(
    'starts its fences at zero',
    'fences/number',
    numbering(() => ({ next: () => 0 })),
  ),
  mutant(
    'has one fence for ever',
    ['fences/release', 'fences/expiry'],
    numbering(() => ({ next: () => 1 })),
  ),
  mutant(
    'gives fences that decrease',
    'fences/release',
    numbering(() => {
      let left = 1_000_000
      return { next: () => left-- }
    }),
  ),
  mutant(
    'forgets the last fence at release',
    'fences/release',
    numbering(() => counters('release')),
  ),
  mutant(
    'forgets the last fence at evict',
    'eviction/fence',
    numbering(() => counters('evict')),
  ),
  mutant(
    'forgets the last fence with the lease that expires',
    'fences/expiry',
    numbering(() => {
      const last = new Map<string, { readonly fence: number; readonly until: number }>()
      return {
        next: ({ name, ttlMs }, { clock }) => {
          const known = last.get(name)
          const fence = known !== undefined && known.until > clock.now() ? known.fence + 1 : 1
          last.set(name, { fence, until: clock.now() + ttlMs })
          return fence
        },
      }
    }),
  ),
  mutant(
    'counts fences in each handle for itself',
    'fences/handles',
    numbering(() => {
      const counts = [0, 0]
      return { next: (_claim, _kit, index) => (counts[index] = (counts[index] ?? 0) + 1) }
    }),
  ),
  mutant(
    'takes the time in milliseconds for a fence',
    ['fences/many', 'fences/handles'],
    numbering(() => ({ next: (_, { clock }) => clock.now() })),
  ),
  mutant(
    'starts its fences again after 64 grants',
    'fences/many',
    numbering(() => {
      let count = 0
      return { next: () => (count++ % 64) + 1 }
    }),
  ),
  mutant(
    'bumps the fence at every claim of its owner',
    ['idempotence/claim-fence', 'line/confirm-fence', 'steal/fence'],
    () => {
      let last = 0
      return (inner) => ({
        ...inner,
        acquire: async (claim) => {
          const outcome = await inner.acquire(claim)
          return outcome.acquired ? { ...outcome, fence: ++last } : outcome
        },
      })
    },
  ),
  mutant('answers a fence to an extend that reserves none', 'fences/extend', () => (inner) => ({
    ...inner,
    extend: (claims) => inner.extend(claims.map((claim) => ({ fences: 1, ...claim }))),
  })),
  mutant('changes the fence of a lease that is extended', 'fences/extend', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      for (const { name, owner } of claims) {
        const { holders } = roomOf(kit, name)
        const hold = holders.get(owner)
        if (hold !== undefined) holders.set(owner, { ...hold, fence: hold.fence + 1 })
      }
      return outcomes
    },
  })),
  mutant(
    'shows no fence',
    'fences/inspect',
    showing((seen) => ({ ...seen, holders: seen.holders.map((holder) => ({ ...holder, fence: null })) })),
  ),
  mutant(
    'shows the latest fence of the store for every holder',
    ['fences/inspect', 'fences/shared'],
    ({ store }) =>
      (inner) => ({
        ...inner,
        inspect: async (name) => {
          const seen = await inner.inspect(name)
          if (seen === null) return null
          return { ...seen, holders: seen.holders.map((holder) => ({ ...holder, fence: store.lastFence + 1 })) }
        },
      }),
  ),
  mutant('gives one fence to all who share', 'fences/shared', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      const [first] = roomOf(kit, claim.name).holders.values()
      return outcome.acquired && claim.mode === 'shared' ? { ...outcome, fence: first?.fence ?? null } : outcome
    },
  })),
  mutant('reserves one fence whatever a grant asks for', 'fence-reserves/acquire', () => (inner) => ({
    ...inner,
    acquire: ({ fences: _, ...claim }) => inner.acquire(claim),
  })),
  mutant('answers the last of the reserved fences', 'fence-reserves/acquire', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (!outcome.acquired || outcome.fence === null) return outcome
      return { ...outcome, fence: outcome.fence + (claim.fences ?? 1) - 1 }
    },
  })),
  mutant(
    'reserves anew when a claim with reserved fences repeats',
    'fence-reserves/repeat',
    ({ store }) =>
      (inner) => ({
        ...inner,
        acquire: async (claim) => {
          const held = (await inner.inspect(claim.name))?.holders.some((holder) => holder.owner === claim.owner)
          const outcome = await inner.acquire(claim)
          if (!outcome.acquired || !held || claim.fences === undefined) return outcome
          const fence = store.lastFence + 1
          store.lastFence += claim.fences
          return { ...outcome, fence }
        },
      }),
  ),
  mutant('answers the fence of the grant when an extend reserves some', 'fence-reserves/extend', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) =>
      (await inner.extend(claims)).map((outcome, index) => {
        const claim = claims[index]
        if (outcome.status !== 'extended' || claim?.fences === undefined) return outcome
        return { ...outcome, fence: roomOf(kit, claim.name).holders.get(claim.owner)?.fence ?? null }
      }),
  })),
  mutant('ignores fences on extend', ['fence-reserves/extend', 'fence-reserves/extend-then-grant'], () => (inner) => ({
    ...inner,
    extend: (claims) => inner.extend(claims.map(({ fences: _, ...claim }) => claim)),
  })),
  mutant('reserves one fence whatever an extend asks for', 'fence-reserves/extend-then-grant', () => (inner) => ({
    ...inner,
    extend: (claims) =>
      inner.extend(claims.map((claim) => (claim.fences === undefined ? claim : { ...claim, fences: 1 }))),
  })),
  mutant('answers fences for a lease that is lost', 'fence-reserves/lost', () => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      const burdened = { status: 'lost', fence: 1 } as const
      return outcomes.map((outcome, index) =>
        outcome.status === 'lost' && claims[index]?.fences !== undefined ? burdened : outcome,
      )
    },
  })),
  mutant('forgets in line how many fences a claim wanted', 'fence-reserves/line', () => (inner) => ({
    ...inner,
    acquire: ({ fences, ...claim }) =>
      inner.acquire(claim.lineMs === undefined && fences !== undefined ? { ...claim, fences } : claim),
  })),
  mutant('draws a fence first and grants afterwards', ['concurrency/fences', 'storm/history'], () => {
    let drawn = 0
    const fences = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const fence = fences.get(claim.owner) ?? ++drawn
        for (let turns = (fence * 7) % 5; turns > 0; turns--) await gap()
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired) return outcome
        fences.set(claim.owner, fence)
        return { ...outcome, fence }
      },
    })
  }),
]
