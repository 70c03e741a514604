import { endingAt, type Mutant, mutant, roomOf } from './mutant.js'

/** The time by which a wrong store once keeps its records longer than the leases; then it forgets to prolong them. */
const SLACK_MS = 3_000

/** Backends in which a lease or a place ends with the lease beside which it began. */
export const lastingMutants: readonly Mutant[] = [
  mutant('prolongs a shared lease by three seconds at most', 'shared/extended-lasts', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const ends = claims.map(({ name, owner }) => roomOf(kit, name).holders.get(owner)?.expiresAt ?? 0)
      const outcomes = await inner.extend(claims)
      for (const [i, { name, owner, mode }] of claims.entries()) {
        if (mode === 'shared')
          endingAt(kit, name, (old, each) => (each === owner ? Math.min(old, (ends[i] ?? 0) + SLACK_MS) : old))
      }
      return outcomes
    },
  })),
  mutant('keeps a shared name for no longer than its lease', 'release/keeps-shared', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const { name, owner, keepMs = 0 } = ownership
      const hold = roomOf(kit, name).holders.get(owner)
      const end = hold?.mode === 'shared' && keepMs > 0 ? hold.expiresAt : Infinity
      const outcome = await inner.release(ownership)
      endingAt(kit, name, (old) => Math.min(old, end))
      return outcome
    },
  })),
  mutant(
    'ends what is admitted from the line with the lease beside it',
    'shared-line/admitted-lasts',
    (kit) => (inner) => ({
      ...inner,
      release: async (ownership) => {
        const outcome = await inner.release(ownership)
        const { holders } = roomOf(kit, ownership.name)
        const [first] = holders.values()
        if (holders.size > 1) endingAt(kit, ownership.name, (old) => Math.min(old, first?.expiresAt ?? old))
        return outcome
      },
    }),
  ),
  mutant('keeps a place for three seconds more than first asked for', 'line/refreshed-lasts', (kit) => {
    const ends = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        for (const place of roomOf(kit, claim.name).line) {
          const { owner } = place.claim
          if (!ends.has(owner)) ends.set(owner, place.expiresAt + SLACK_MS)
          place.expiresAt = Math.min(place.expiresAt, ends.get(owner) ?? Infinity)
        }
        return outcome
      },
    })
  }),
  mutant('ends all places with that of the head that was granted', 'line/behind-a-short-place', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const outcome = await inner.release(ownership)
      const { holders, line } = roomOf(kit, ownership.name)
      const [granted] = holders.values()
      for (const place of line)
        if (granted?.unconfirmed === true) place.expiresAt = Math.min(place.expiresAt, granted.expiresAt + SLACK_MS)
      return outcome
    },
  })),
]
