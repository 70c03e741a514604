import type { LockBackend } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { endingAt, gap, type Mutant, mutant, roomOf } from './mutant.js'

/** The grants that the line made, and their confirmations, as a wrapper knows them. */
interface Grants {
  readonly confirmed: ReadonlySet<string>
  unconfirmed(name: string): string | undefined
}

/** Mutants that treat a grant of the line wrongly, before or after it is confirmed. */
function granting(
  wrong: string,
  killedBy: string | readonly string[],
  build: (inner: LockBackend, grants: Grants, kit: Kit) => Partial<LockBackend>,
): Mutant {
  return mutant(wrong, killedBy, (kit) => {
    const confirmed = new Set<string>()
    const unconfirmed = (name: string): string | undefined =>
      [...roomOf(kit, name).holders.keys()].find((owner) => owner.includes('~') && !confirmed.has(owner))
    return (inner) => {
      const changed = { ...inner, ...build(inner, { confirmed, unconfirmed }, kit) }
      return {
        ...changed,
        acquire: async (claim) => {
          const outcome = await changed.acquire(claim)
          if (outcome.acquired) confirmed.add(claim.owner)
          return outcome
        },
      }
    }
  })
}

const expired = (kit: Kit, name: string): boolean => {
  const holds = [...roomOf(kit, name).holders.values()]
  return holds.length > 0 && holds.every((hold) => hold.expiresAt <= kit.clock.now())
}

export const lineGrantMutants: readonly Mutant[] = [
  mutant('ends a grant after 20 ms that a waiter makes room for by leaving', 'line/every-grant', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const { line, holders } = roomOf(kit, ownership.name)
      const before = new Set(holders.keys())
      const leaves = line.some(({ claim }) => claim.owner === ownership.owner)
      const outcome = await inner.release(ownership)
      if (leaves)
        endingAt(kit, ownership.name, (old, owner) => (before.has(owner) ? old : Math.min(old, kit.clock.now() + 20)))
      return outcome
    },
  })),
  mutant('cuts a grant that was extended, when its owner claims again', 'line/unconfirmed-extended', (kit) => {
    const lined = new Set<string>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired) lined.add(claim.owner)
        else if (lined.has(claim.owner)) endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs)
        return outcome
      },
    })
  }),
  granting(
    'lets a single attempt take the grant of a head that has not confirmed',
    'line/no-barging',
    (inner, { unconfirmed }) => ({
      acquire: (claim) => {
        const head = unconfirmed(claim.name)
        const barges = claim.lineMs === undefined && head !== undefined && head !== claim.owner
        return inner.acquire(barges ? { ...claim, steal: true } : claim)
      },
    }),
  ),
  granting(
    'shows nobody until the head of the line has confirmed',
    'line/grant-at-release',
    (inner, { unconfirmed }) => ({
      inspect: async (name) => {
        const seen = await inner.inspect(name)
        return unconfirmed(name) === undefined ? seen : null
      },
    }),
  ),
  granting(
    'waits for the head of the line to ask before it counts it out of the line',
    'line/grant-at-release',
    (inner, { unconfirmed }) => ({
      inspect: async (name) => {
        const seen = await inner.inspect(name)
        const extra = unconfirmed(name) === undefined ? 0 : 1
        return seen === null ? null : { ...seen, waiting: (seen.waiting ?? 0) + extra }
      },
    }),
  ),
  mutant(
    'gives an expired lease to whoever finds it',
    ['line/grant-at-expiry', 'shared-line/writer-after-short'],
    (kit) => (inner) => ({
      ...inner,
      acquire: (claim) => {
        const first = roomOf(kit, claim.name).line[0]?.claim.owner ?? claim.owner
        const barges = expired(kit, claim.name) && first !== claim.owner
        return inner.acquire(barges ? { ...claim, steal: true } : claim)
      },
    }),
  ),
  mutant('refuses a head that finds the lease expired itself', 'line/grant-at-own-claim', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const head = roomOf(kit, claim.name).line[0]?.claim.owner === claim.owner
      const outcome = await inner.acquire(claim)
      return head && outcome.acquired ? { acquired: false, retryAfterMs: null, ahead: 0 } : outcome
    },
  })),
  mutant('throws the line away on evict', 'line/grant-at-evict', (kit) => (inner) => ({
    ...inner,
    evict: (name) => {
      roomOf(kit, name).line.length = 0
      return inner.evict(name)
    },
  })),
  mutant('ignores keepMs when somebody waits', 'line/grant-after-keeping', (kit) => (inner) => ({
    ...inner,
    release: ({ keepMs, ...ownership }) =>
      inner.release(
        roomOf(kit, ownership.name).line.length > 0 || keepMs === undefined ? ownership : { ...ownership, keepMs },
      ),
  })),
  granting(
    'leaves the time of the place to a confirmed grant',
    'line/confirmed-lasts',
    (inner, { confirmed }, kit) => ({
      acquire: async (claim) => {
        const hold = roomOf(kit, claim.name).holders.get(claim.owner)
        const end = hold !== undefined && !confirmed.has(claim.owner) ? hold.expiresAt : undefined
        const outcome = await inner.acquire(claim)
        if (end !== undefined) endingAt(kit, claim.name, () => end)
        return outcome
      },
    }),
  ),
  mutant('leaves the time of the place to a confirmed grant when that is longer', 'line/confirmed-ends', (kit) => {
    const ends = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        const end = ends.get(claim.owner) ?? 0
        if (outcome.acquired) endingAt(kit, claim.name, (old) => Math.max(old, end))
        else ends.set(claim.owner, kit.clock.now() + (claim.lineMs ?? 0))
        return outcome
      },
    })
  }),
  granting('gives a new fence to the head that confirms', 'line/confirm-fence', (inner, { unconfirmed }, kit) => ({
    acquire: async (claim) => {
      const confirms = unconfirmed(claim.name) === claim.owner
      const outcome = await inner.acquire(claim)
      return confirms && outcome.acquired ? { ...outcome, fence: ++kit.store.lastFence } : outcome
    },
  })),
  granting(
    'ignores the release of a head that has not confirmed',
    'line/granted-head-releases',
    (inner, { unconfirmed }) => ({
      release: async (ownership) =>
        unconfirmed(ownership.name) === ownership.owner ? 'not-held' : inner.release(ownership),
    }),
  ),
  mutant(
    'throws the line away on a theft',
    ['line/steal', 'steal/line-stays', 'steal/free-line'],
    (kit) => (inner) => ({
      ...inner,
      acquire: (claim) => {
        if (claim.steal) roomOf(kit, claim.name).line.length = 0
        return inner.acquire(claim)
      },
    }),
  ),
  granting(
    'grants the head of the line for the whole ttl before it confirms',
    ['line/unconfirmed-passes-on', 'line/many-deaths'],
    (inner, { unconfirmed }, kit) => ({
      release: async (ownership) => {
        const outcome = await inner.release(ownership)
        if (unconfirmed(ownership.name) !== undefined) endingAt(kit, ownership.name, () => kit.clock.now() + 60_000)
        return outcome
      },
    }),
  ),
  granting(
    'gives every dead waiter a lineMs of its own',
    ['line/many-deaths', 'line/deaths-asked-about'],
    (inner, { unconfirmed }, kit) => {
      const granted = new Set<string>()
      /** Places do not end in line, only once granted: each costs its whole lineMs. */
      const stretch = (name: string): void => {
        for (const place of roomOf(kit, name).line) place.expiresAt = Infinity
        const head = unconfirmed(name)
        if (head === undefined || granted.has(head)) return
        granted.add(head)
        endingAt(kit, name, () => kit.clock.now() + 200)
      }
      return {
        acquire: (claim) => inner.acquire(claim).finally(() => stretch(claim.name)),
        release: (ownership) => inner.release(ownership).finally(() => stretch(ownership.name)),
      }
    },
  ),
  granting(
    'prolongs the grant of a dead head whenever somebody asks',
    'line/deaths-asked-about',
    (inner, { unconfirmed }, kit) => ({
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired && unconfirmed(claim.name) !== undefined) {
          endingAt(kit, claim.name, () => kit.clock.now() + 200)
        }
        return outcome
      },
    }),
  ),
  mutant('reads the length of the line and lines up afterwards', 'concurrency/places', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const before = roomOf(kit, claim.name).line.length
      await gap()
      const outcome = await inner.acquire(claim)
      return outcome.acquired || outcome.ahead === null ? outcome : { ...outcome, ahead: before }
    },
  })),
]
