import type { Claim } from '@holdfast/core'
import { endingAt, type Mutant, mutant, roomOf } from './mutant.js'

/** How long a place lasts at most, however often its owner asks again. */
const LONGEST_WAIT_MS = 30_000
/** The length at which a line cuts its owners, as a column of a database does. */
const COLUMN = 255

/** Backends that keep each promise alone, and break one where two features meet. */
export const combinedMutants: readonly Mutant[] = [
  mutant('ends all shared leases with the one that is extended', 'shared/shorter-extension', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      for (const [index, { name, ttlMs, mode }] of claims.entries()) {
        const end = kit.clock.now() + ttlMs
        if (mode === 'shared' && outcomes[index]?.status === 'extended')
          endingAt(kit, name, (old) => Math.min(old, end))
      }
      return outcomes
    },
  })),
  mutant(
    'leaves a grant of the store exclusive that is extended as shared',
    'shared-line/unconfirmed-downgrade',
    (kit) => (inner) => ({
      ...inner,
      extend: (claims) => {
        const unconfirmed = ({ name, owner }: Claim): boolean =>
          roomOf(kit, name).holders.get(owner)?.unconfirmed === true
        return inner.extend(
          claims.map((claim) => (unconfirmed(claim) ? { ...claim, mode: 'exclusive', limit: 1 } : claim)),
        )
      },
    }),
  ),
  mutant('ends a place half a minute after its owner has first asked', 'line/refreshed-for-long', (kit) => {
    const since = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        for (const place of roomOf(kit, claim.name).line) {
          const { owner } = place.claim
          if (!since.has(owner)) since.set(owner, kit.clock.now())
          place.expiresAt = Math.min(place.expiresAt, (since.get(owner) ?? 0) + LONGEST_WAIT_MS)
        }
        return outcome
      },
    })
  }),
  mutant(
    'keeps a name no longer than the grant that was not confirmed',
    'line/unconfirmed-kept-longer',
    (kit) => (inner) => ({
      ...inner,
      release: async (ownership) => {
        const hold = roomOf(kit, ownership.name).holders.get(ownership.owner)
        const end = hold?.unconfirmed === true ? hold.expiresAt : Infinity
        const outcome = await inner.release(ownership)
        endingAt(kit, ownership.name, (old) => Math.min(old, end))
        return outcome
      },
    }),
  ),
  mutant('revives a place that has ended behind another', 'line/back-from-the-middle', (kit) => (inner) => ({
    ...inner,
    acquire: (claim) => {
      const place = roomOf(kit, claim.name).line.find((each, at) => at > 0 && each.claim.owner === claim.owner)
      if (place !== undefined && claim.lineMs !== undefined) place.expiresAt = kit.clock.now() + claim.lineMs
      return inner.acquire(claim)
    },
  })),
  mutant(
    'sets the ttl of an extension that reserves more fences than 64',
    'extension/reserve-cuts-nothing',
    (kit) => (inner) => ({
      ...inner,
      extend: async (claims) => {
        const outcomes = await inner.extend(claims)
        for (const { name, ttlMs, fences = 1 } of claims)
          if (fences > 64) endingAt(kit, name, () => kit.clock.now() + ttlMs)
        return outcomes
      },
    }),
  ),
  mutant('keeps 255 characters of the owners in line', 'owners/in-line', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (outcome.acquired || claim.lineMs === undefined || claim.owner.length <= COLUMN) return outcome
      await inner.release({ name: claim.name, owner: claim.owner })
      return inner.acquire({ ...claim, owner: claim.owner.slice(0, COLUMN) })
    },
  })),
  mutant('compares the end of a lease with the clock of the client', 'expiry/client-clock', () => {
    const ends = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const end = ends.get(claim.name)
        if (end !== undefined && Date.now() >= end) await inner.evict(claim.name)
        const outcome = await inner.acquire(claim)
        if (outcome.acquired) ends.set(claim.name, Date.now() + claim.ttlMs)
        return outcome
      },
    })
  }),
]
