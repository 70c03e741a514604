import type { Claim, Inspection } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { claiming, fake, type Mutant, mutant, type Room, roomOf } from './mutant.js'

const ended = (kit: Kit, state: Room): string[] =>
  [...state.holders].filter(([, hold]) => hold.expiresAt <= kit.clock.now()).map(([owner]) => owner)

const shares = ({ mode }: Claim): boolean => mode === 'shared'

/** Leaves the holders beyond the first hundred where they are, whenever a call takes a name by force. */
async function sparing<T>(kit: Kit, name: string, step: () => Promise<T>): Promise<T> {
  const spared = [...roomOf(kit, name).holders].slice(100)
  const outcome = await step()
  for (const [owner, hold] of spared) roomOf(kit, name).holders.set(owner, hold)
  return outcome
}

/** A claim of one mode that steals spares the holders beyond the first hundred. */
const stealing =
  (mode: Claim['mode']): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => ({
    ...inner,
    acquire: (claim) =>
      claim.steal && claim.mode === mode && !roomOf(kit, claim.name).holders.has(claim.owner)
        ? sparing(kit, claim.name, () => inner.acquire(claim))
        : inner.acquire(claim),
  })

/** Drops at most 32 ended leases of a name in a call, and counts the other ended leases as held. */
const counting =
  (refuses: (claim: Claim) => boolean): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const state = roomOf(kit, claim.name)
      const left = ended(kit, state).slice(32)
      if (left.length === 0 || !refuses(claim)) return inner.acquire(claim)
      for (const owner of ended(kit, state).slice(0, 32)) state.holders.delete(owner)
      return { acquired: false, retryAfterMs: null, ahead: null }
    },
  })

const claimingFor =
  (change: (kit: Kit) => (claim: Claim) => Claim): Mutant['wrapFor'] =>
  (kit) =>
    claiming(change(kit))()

function leave(line: Room['line'], owner: string): void {
  const at = line.findIndex((place) => place.claim.owner === owner)
  if (at >= 0) line.splice(at, 1)
}

const first = (seen: Inspection): Inspection => ({ ...seen, holders: seen.holders.slice(0, 100) })

/** Mutants that do right by a few holders or waiters, and wrong by many. */
export const manyMutants: readonly Mutant[] = [
  ...[128, 512].map((most) =>
    mutant(
      `lets no more than ${most} share a name`,
      ['shared/many-readers', ...(most < 130 ? ['inspection/many-readers', 'eviction/many-readers'] : [])],
      claiming((claim) => (shares(claim) ? { ...claim, limit: Math.min(claim.limit, most) } : claim)),
    ),
  ),
  mutant(
    'keeps the limit of a claim in 32 bits',
    'shared/limit-beyond-32-bits',
    claiming((claim) => (claim.limit === Infinity ? claim : { ...claim, limit: claim.limit | 0 })),
  ),
  mutant('shows a hundred holders at most', ['inspection/many-readers', 'shared/many-readers'], () => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      return seen === null ? null : first(seen)
    },
  })),
  mutant('evicts a hundred holders at most', 'eviction/many-readers', (kit) => (inner) => ({
    ...inner,
    evict: (name) => sparing(kit, name, () => inner.evict(name)),
  })),
  mutant('steals a name from a hundred holders at most', 'steal/many-readers', stealing('exclusive')),
  mutant('steals a name to share it from a hundred holders at most', 'steal/many-readers', stealing('shared')),
  mutant(
    'drops 32 ended leases in a call, and refuses a writer because of the others',
    'expiry/many-readers',
    counting((claim) => !shares(claim)),
  ),
  mutant(
    'drops 32 ended leases in a call, and counts the others against the limit',
    'expiry/many-permits',
    counting((claim) => shares(claim) && claim.limit < Infinity),
  ),
  mutant('has room for 300 who wait in a line', 'line/many-places', (kit) => (inner) => ({
    ...inner,
    acquire: ({ lineMs, ...claim }) => {
      const { line } = roomOf(kit, claim.name)
      const full = line.length >= 300 && !line.some((place) => place.claim.owner === claim.owner)
      return inner.acquire(full || lineMs === undefined ? claim : { ...claim, lineMs })
    },
  })),
  mutant(
    'lets a single attempt overtake the line when more places have ended than one step drops',
    'line/many-ended-places',
    (kit) => {
      const left = new Set<string>()
      return (inner) => ({
        ...inner,
        release: async (ownership) => {
          const { line, holders } = roomOf(kit, ownership.name)
          const dead = line.findIndex((place) => place.expiresAt > kit.clock.now())
          if (dead <= 100 || !holders.has(ownership.owner)) return inner.release(ownership)
          const living = line.splice(dead)
          const outcome = await inner.release(ownership)
          roomOf(kit, ownership.name).line.push(...living)
          left.add(ownership.name)
          return outcome
        },
        acquire: async (claim) => {
          if (!left.delete(claim.name) || claim.lineMs !== undefined) return inner.acquire(claim)
          const fence = ++kit.store.lastFence
          const expiresAt = kit.clock.now() + claim.ttlMs
          roomOf(kit, claim.name).holders.set(claim.owner, { mode: claim.mode, fence, expiresAt })
          return fake(claim, fence)
        },
      })
    },
  ),
  mutant('takes a name for busy when more places have ended than one step drops', 'line/all-places-ended', (kit) => {
    const left = new Set<string>()
    return (inner) => ({
      ...inner,
      release: async (ownership) => {
        const { line } = roomOf(kit, ownership.name)
        const dead = line.filter(({ expiresAt }) => expiresAt <= kit.clock.now())
        if (dead.length > 300 && dead.length === line.length) left.add(ownership.name)
        return inner.release(ownership)
      },
      acquire: async (claim) => {
        if (left.delete(claim.name)) return { acquired: false, retryAfterMs: null, ahead: null }
        return inner.acquire(claim)
      },
    })
  }),
  mutant('admits 16 readers of a line at most in one step', 'shared-line/many-admitted', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const { line, holders } = roomOf(kit, ownership.name)
      if (!holders.has(ownership.owner)) return inner.release(ownership)
      const behind = line.splice(16)
      const outcome = await inner.release(ownership)
      if (behind.length === 0) return outcome
      // A waiting writer at the head keeps the rest of the line waiting until the next release.
      const claim: Claim = { name: ownership.name, owner: 'ghost', ttlMs: 10, mode: 'exclusive', limit: 1 }
      roomOf(kit, ownership.name).line.push({ claim, expiresAt: Infinity, onGrant: () => {} }, ...behind)
      return outcome
    },
  })),
  mutant(
    'answers "released" to an owner that leaves a line of more than two',
    'line/leaves-the-middle',
    (kit) => (inner) => ({
      ...inner,
      release: async (ownership) => {
        const { line } = roomOf(kit, ownership.name)
        const waited = line.length > 2 && line.some((place) => place.claim.owner === ownership.owner)
        const outcome = await inner.release(ownership)
        return waited ? 'released' : outcome
      },
    }),
  ),
  mutant(
    'counts no more than 20 permits',
    'shared/many-permits',
    claimingFor((kit) => (claim) => {
      const beyond = shares(claim) && claim.limit > 20 && roomOf(kit, claim.name).holders.size > 20
      return beyond ? { ...claim, limit: Infinity } : claim
    }),
  ),
  mutant('gives a waiter a new place when it claims again for the 30th time', 'line/many-refreshes', (kit) => {
    const asked = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const count = (asked.get(claim.owner) ?? 0) + 1
        asked.set(claim.owner, count % 30)
        const { line, holders } = roomOf(kit, claim.name)
        if (count === 30 && !holders.has(claim.owner)) leave(line, claim.owner)
        return inner.acquire(claim)
      },
    })
  }),
  mutant('counts the extensions of a lease in a byte, and does nothing by the 256th', 'extension/three-hundred', () => {
    const made = new Map<string, number>()
    return (inner) => ({
      ...inner,
      extend: async (claims) => {
        const [claim] = claims
        if (claim === undefined || claims.length > 1) return inner.extend(claims)
        const count = ((made.get(claim.owner) ?? 0) + 1) % 256
        made.set(claim.owner, count)
        return count === 0 ? [{ status: 'extended', validMs: claim.ttlMs, fence: null }] : inner.extend(claims)
      },
    })
  }),
]
