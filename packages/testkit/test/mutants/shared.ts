import type { Claim } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { claiming, endingAt, fake, type Mutant, mutant, type Room, roomOf } from './mutant.js'

const sharing = (state: Room): boolean => [...state.holders.values()].every((hold) => hold.mode === 'shared')

/** Puts a shared hold into the store past every check. */
function admit(kit: Kit, claim: Claim): void {
  const hold = { mode: 'shared' as const, fence: ++kit.store.lastFence, expiresAt: kit.clock.now() + claim.ttlMs }
  roomOf(kit, claim.name).holders.set(claim.owner, hold)
}

const whenShared = (change: (claim: Claim) => Claim): Mutant['wrapFor'] =>
  claiming((claim) => (claim.mode === 'shared' ? change(claim) : claim))

export const sharedMutants: readonly Mutant[] = [
  mutant(
    'takes shared claims for exclusive ones',
    'shared/together',
    whenShared((claim) => ({ ...claim, mode: 'exclusive', limit: 1 })),
  ),
  mutant('admits an exclusive claim beside shared holders', 'shared/excludes-exclusive', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const state = roomOf(kit, claim.name)
      const beside = claim.mode === 'exclusive' && state.holders.size > 0 && sharing(state)
      return inner.acquire(beside ? { ...claim, mode: 'shared', limit: Infinity } : claim)
    },
  })),
  mutant('forgets all shared holders when one releases', 'shared/excludes-exclusive', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const shared = sharing(roomOf(kit, ownership.name))
      const outcome = await inner.release(ownership)
      if (shared && outcome === 'released') await inner.evict(ownership.name)
      return outcome
    },
  })),
  mutant('admits a shared claim beside an exclusive holder', 'shared/excluded-by-exclusive', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const state = roomOf(kit, claim.name)
      if (claim.mode === 'exclusive' || sharing(state)) return inner.acquire(claim)
      admit(kit, claim)
      return fake(claim, kit.store.lastFence)
    },
  })),
  mutant('lets shared claims replace an exclusive holder', 'shared/excluded-by-exclusive', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const mode = (await inner.inspect(claim.name))?.mode
      return inner.acquire({ ...claim, steal: claim.steal || (claim.mode === 'shared' && mode === 'exclusive') })
    },
  })),
  mutant(
    'ignores the limit',
    ['shared/limit', 'concurrency/limit'],
    whenShared((claim) => ({ ...claim, limit: Infinity })),
  ),
  mutant(
    'admits one more than the limit',
    'shared/limit',
    whenShared((claim) => ({ ...claim, limit: claim.limit + 1 })),
  ),
  mutant(
    'admits one less than the limit',
    'shared/limit',
    whenShared((claim) => ({ ...claim, limit: claim.limit - 1 })),
  ),
  mutant('keeps the limit of the first holder', 'shared/limit-is-the-claims', (kit) => {
    const limits = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: (claim) => {
        if (roomOf(kit, claim.name).holders.size === 0) limits.set(claim.name, claim.limit)
        return inner.acquire({ ...claim, limit: limits.get(claim.name) ?? claim.limit })
      },
    })
  }),
  mutant('counts a shared owner again when it claims again', 'shared/repeats-count-once', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const again = roomOf(kit, claim.name).holders.has(claim.owner)
      const outcome = await inner.acquire(claim)
      if (again && claim.mode === 'shared') admit(kit, { ...claim, owner: `${claim.owner}#` })
      return outcome
    },
  })),
  mutant(
    'refuses a shared owner who claims again when all permits are taken',
    'shared/repeats-count-once',
    (kit) => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const full = claim.mode === 'shared' && roomOf(kit, claim.name).holders.size >= claim.limit
        return full ? { acquired: false, retryAfterMs: null, ahead: null } : inner.acquire(claim)
      },
    }),
  ),
  mutant(
    'has one end for all shared holders, the latest that was asked for',
    'shared/short-ends-alone',
    (kit) => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (outcome.acquired) endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs)
        return outcome
      },
    }),
  ),
  mutant(
    'has one end for all shared holders, the last one',
    ['shared/long-prolongs-none', 'shared/short-ends-alone'],
    (kit) => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        const ends = [...roomOf(kit, claim.name).holders.values()].map((hold) => hold.expiresAt)
        if (claim.mode === 'shared') endingAt(kit, claim.name, () => Math.max(...ends))
        return outcome
      },
    }),
  ),
  mutant(
    'counts shared holders without letting them expire',
    ['shared/last-ends', 'shared/long-prolongs-none'],
    whenShared((claim) => ({ ...claim, ttlMs: 2 ** 31 })),
  ),
  mutant('extends all who share when one extends', 'shared/own-extend', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      for (const [index, { name, ttlMs }] of claims.entries()) {
        if (outcomes[index]?.status === 'extended') endingAt(kit, name, () => kit.clock.now() + ttlMs)
      }
      return outcomes
    },
  })),
  mutant('extends a stranger where others share', 'shared/own-extend', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) =>
      (await inner.extend(claims)).map((outcome, index) => {
        const claim = claims[index]
        const shared =
          claim !== undefined && roomOf(kit, claim.name).holders.size > 0 && sharing(roomOf(kit, claim.name))
        return shared ? { status: 'extended', validMs: claim.ttlMs, fence: null } : outcome
      }),
  })),
  mutant('only counts shared holders: any release takes one away', 'shared/own-release', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const state = roomOf(kit, ownership.name)
      const [first] = state.holders.keys()
      const anybody = sharing(state) && !state.holders.has(ownership.owner) && first !== undefined
      return inner.release(anybody ? { ...ownership, owner: first } : ownership)
    },
  })),
  mutant('answers 0 ms when shared holders refuse a claim', 'shared/retry-after', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      return outcome.acquired || !sharing(roomOf(kit, claim.name)) ? outcome : { ...outcome, retryAfterMs: 0 }
    },
  })),
  mutant('adds up the leases of all shared holders', 'shared/retry-after', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      const rest = [...roomOf(kit, claim.name).holders.values()].map((hold) => hold.expiresAt - kit.clock.now())
      return outcome.acquired ? outcome : { ...outcome, retryAfterMs: rest.reduce((sum, one) => sum + one, 0) }
    },
  })),
  mutant(
    'lets later shared claims overtake an exclusive one that waits',
    'shared-line/no-overtaking',
    (kit) => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const state = roomOf(kit, claim.name)
        const fits =
          claim.mode === 'shared' && state.holders.size > 0 && sharing(state) && state.holders.size < claim.limit
        if (!fits || state.line.every((place) => place.claim.mode === 'shared')) return inner.acquire(claim)
        admit(kit, claim)
        return fake(claim, kit.store.lastFence)
      },
    }),
  ),
  mutant(
    'lets a single shared attempt overtake an exclusive claim that waits',
    'shared-line/no-overtaking',
    (kit) => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const state = roomOf(kit, claim.name)
        if (claim.mode === 'exclusive' || claim.lineMs !== undefined || state.line.length === 0 || !sharing(state)) {
          return inner.acquire(claim)
        }
        admit(kit, claim)
        return fake(claim, kit.store.lastFence)
      },
    }),
  ),
  mutant('admits one claim per turn', ['shared-line/admitted-together', 'watch/readers'], (kit) => (inner) => {
    /** All places but the first wait for the next turn. */
    const release = async (name: string, owner: string): Promise<'released' | 'not-held'> => {
      const state = roomOf(kit, name)
      const behind = state.holders.has(owner) && state.holders.size === 1 ? state.line.splice(1) : []
      const outcome = await inner.release({ name, owner })
      roomOf(kit, name).line.push(...behind)
      return outcome
    }
    return {
      ...inner,
      release: (ownership) =>
        ownership.keepMs === undefined ? release(ownership.name, ownership.owner) : inner.release(ownership),
      inspect: (name) => {
        const state = roomOf(kit, name)
        const line = state.line.splice(0)
        return inner.inspect(name).finally(() => roomOf(kit, name).line.push(...line))
      },
    }
  }),
  mutant(
    'forgets the limit of those who wait',
    'shared-line/limit',
    whenShared((claim) => (claim.lineMs === undefined ? claim : { ...claim, limit: Infinity })),
  ),
  mutant(
    'lets the readers wait on when the writer before them has left the line',
    'shared-line/writer-leaves',
    (kit) => (inner) => ({
      ...inner,
      release: async (ownership) => {
        const { line } = roomOf(kit, ownership.name)
        const place = line.find((one) => one.claim.owner === ownership.owner && one.claim.mode === 'exclusive')
        if (place === undefined || line.length < 2) return inner.release(ownership)
        place.claim = { ...place.claim, owner: 'ghost' }
        return 'not-held'
      },
    }),
  ),
  mutant(
    'never ends the place of a writer',
    'shared-line/writer-dies',
    claiming((claim) =>
      claim.mode === 'exclusive' && claim.lineMs !== undefined ? { ...claim, lineMs: 2 ** 31 } : claim,
    ),
  ),
]
