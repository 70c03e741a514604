import type { Claim, ExtendOutcome, LockBackend } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { endingAt, gap, type Mutant, mutant, type Room, roomOf } from './mutant.js'
import { telling } from './watching.js'

type Hold = Room['holders'] extends Map<string, infer H> ? H : never
type Extend = (claim: Claim) => Promise<ExtendOutcome>

const LOST: ExtendOutcome = { status: 'lost' }
const done = ({ ttlMs }: Claim): ExtendOutcome => ({ status: 'extended', validMs: ttlMs, fence: null })

/** The exclusive hold of the owner of a shared claim, if it still has that hold. */
function written(kit: Kit, { name, owner, mode }: Claim): Hold | undefined {
  const hold = roomOf(kit, name).holders.get(owner)
  return mode === 'shared' && hold?.mode === 'exclusive' && hold.expiresAt > kit.clock.now() ? hold : undefined
}

const asShared = (kit: Kit, claim: Claim): boolean => written(kit, claim) !== undefined

type Change = (kit: Kit, claim: Claim, extend: Extend, inner: LockBackend) => Promise<ExtendOutcome>

/** Makes some extensions by `change`, and all others as they are. */
function extending(some: (kit: Kit, claim: Claim) => boolean, change: Change): Mutant['wrapFor'] {
  return (kit) => (inner) => {
    const extend: Extend = async (claim) => (await inner.extend([claim]))[0] ?? LOST
    const one: Extend = (claim) => (some(kit, claim) ? change(kit, claim, extend, inner) : extend(claim))
    return { ...inner, extend: (claims) => Promise.all(claims.map(one)) }
  }
}

/** Changes the extensions that change the mode. */
const changing = (change: Change): Mutant['wrapFor'] => extending(asShared, change)

/** Changes the extensions as shared, whatever is held. */
const sharing = (change: Change): Mutant['wrapFor'] => extending((_, { mode }) => mode === 'shared', change)

/** Calls `repeat` when an exclusive owner claims again as shared. */
function repeating(
  repeat: (kit: Kit, claim: Claim, hold: Hold, inner: LockBackend) => ReturnType<LockBackend['acquire']>,
): Mutant['wrapFor'] {
  return (kit) => (inner) => ({
    ...inner,
    acquire: (claim) => {
      const hold = written(kit, claim)
      return hold === undefined ? inner.acquire(claim) : repeat(kit, claim, hold, inner)
    },
  })
}

/** Makes a step while the places that `pick` chooses are out of the line. */
async function pastTheLine<T>(kit: Kit, name: string, pick: (state: Room) => Room['line'], step: () => Promise<T>) {
  const state = roomOf(kit, name)
  const { line } = state
  const waiting = pick(state)
  for (const place of waiting) line.splice(line.indexOf(place), 1)
  const outcome = await step()
  line.push(...waiting)
  return outcome
}

/** Inspects without admitting a waiter. */
const lookingPastTheLine = (kit: Kit, inner: LockBackend): Pick<LockBackend, 'inspect'> => ({
  inspect: (name) =>
    pastTheLine(
      kit,
      name,
      ({ line }) => [...line],
      () => inner.inspect(name),
    ),
})

const looking =
  (wrapFor: Mutant['wrapFor']): Mutant['wrapFor'] =>
  (kit) =>
  (inner, index) => ({ ...wrapFor(kit)(inner, index), ...lookingPastTheLine(kit, inner) })

export const modeChangeMutants: readonly Mutant[] = [
  mutant(
    'answers that it extended a shared lease for an exclusive claim, and did not',
    'shared/late-exclusive-extension-lasts',
    (kit) => (inner) => ({
      ...inner,
      extend: async (claims) => {
        const isLate = ({ name, owner, mode }: Claim): boolean =>
          mode === 'exclusive' && roomOf(kit, name).holders.get(owner)?.mode === 'shared'
        const outcomes = await inner.extend(claims.filter((claim) => !isLate(claim)))
        const rest = outcomes.values()
        return claims.map((claim) =>
          isLate(claim)
            ? { status: 'extended', validMs: claim.ttlMs, fence: null }
            : (rest.next().value ?? { status: 'lost' }),
        )
      },
    }),
  ),
  mutant(
    'makes a shared lease exclusive by an extension that says so',
    'shared/late-exclusive-extension',
    (kit) => (inner) => ({
      ...inner,
      extend: async (claims) => {
        const outcomes = await inner.extend(claims)
        for (const { name, owner, mode } of claims) {
          const hold = roomOf(kit, name).holders.get(owner)
          if (hold !== undefined && mode === 'exclusive') hold.mode = mode
        }
        return outcomes
      },
    }),
  ),
  mutant(
    'extends what is held exclusively as it is held',
    'shared/downgrade',
    changing((_, claim, extend) => extend({ ...claim, mode: 'exclusive', limit: 1 })),
  ),
  mutant(
    'answers lost when what is extended as shared is held exclusively',
    'shared/downgrade',
    changing(async () => LOST),
  ),
  mutant(
    'gives up the lease and takes a new one to change the mode',
    ['shared/downgrade-fence', 'shared-line/downgrade-together'],
    changing(async (_, claim, __, inner) => {
      await inner.release({ name: claim.name, owner: claim.owner })
      return (await inner.acquire(claim)).acquired ? done(claim) : LOST
    }),
  ),
  mutant(
    'gives an owner who comes to share a new fence',
    ['shared/downgrade-fence', 'shared/downgrade-twice'],
    changing((kit, claim, extend) => {
      const hold = written(kit, claim)
      if (hold !== undefined) {
        roomOf(kit, claim.name).holders.set(claim.owner, { ...hold, fence: ++kit.store.lastFence })
      }
      return extend(claim)
    }),
  ),
  mutant(
    'gives an owner who comes to share the last fence that it reserved',
    'shared/downgrade-fence',
    changing((kit, claim, extend) => {
      const hold = written(kit, claim)
      if (hold !== undefined) {
        roomOf(kit, claim.name).holders.set(claim.owner, { ...hold, fence: kit.store.lastFence })
      }
      return extend(claim)
    }),
  ),
  mutant(
    'does not look at the line when an owner comes to share',
    'shared-line/downgrade',
    changing((kit, claim, extend) =>
      extend(roomOf(kit, claim.name).line.length > 0 ? { ...claim, mode: 'exclusive', limit: 1 } : claim),
    ),
  ),
  mutant(
    'lets others in while an owner comes to share',
    'shared/downgrade-atomic',
    changing(async (kit, claim, _, inner) => {
      const hold = written(kit, claim)
      await inner.release({ name: claim.name, owner: claim.owner })
      await gap()
      if (hold !== undefined) {
        const expiresAt = kit.clock.now() + claim.ttlMs
        roomOf(kit, claim.name).holders.set(claim.owner, { ...hold, mode: 'shared', expiresAt })
      }
      return done(claim)
    }),
  ),
  mutant(
    'keeps the old end when an owner comes to share',
    ['shared/downgrade-refreshes', 'shared/downgrade-shortens'],
    changing(async (kit, claim, extend) => {
      const end = written(kit, claim)?.expiresAt
      const outcome = await extend(claim)
      if (end !== undefined) endingAt(kit, claim.name, (old, owner) => (owner === claim.owner ? end : old))
      return outcome
    }),
  ),
  mutant(
    'never shortens the lease of an owner who comes to share',
    'shared/downgrade-shortens',
    changing(async (kit, claim, extend) => {
      const end = written(kit, claim)?.expiresAt ?? 0
      const outcome = await extend(claim)
      endingAt(kit, claim.name, (old, owner) => (owner === claim.owner ? Math.max(old, end) : old))
      return outcome
    }),
  ),
  mutant(
    'claims again what it extends as shared',
    'shared/downgrade-creates-nothing',
    sharing(async (kit, claim, extend, inner) => {
      if (roomOf(kit, claim.name).holders.has(claim.owner)) return extend(claim)
      return (await inner.acquire({ ...claim, limit: 1 })).acquired ? done(claim) : LOST
    }),
  ),
  mutant(
    'revives what has expired when it is extended as shared',
    'shared/downgrade-creates-nothing',
    sharing(async (kit, claim, extend) => {
      const hold = roomOf(kit, claim.name).holders.get(claim.owner)
      if (hold?.mode === 'exclusive') hold.expiresAt = Infinity
      return extend(claim)
    }),
  ),
  mutant(
    'lets a former owner whose lease is extended as shared in beside readers',
    'shared/downgrade-takes-nothing',
    sharing(async (_, claim, extend, inner) => {
      const beside = (await inner.inspect(claim.name))?.mode === 'shared'
      return beside && (await inner.acquire(claim)).acquired ? done(claim) : extend(claim)
    }),
  ),
  mutant(
    'makes a reader of whoever writes when anybody extends as shared',
    'shared/downgrade-takes-nothing',
    sharing(async (kit, claim, extend) => {
      for (const hold of roomOf(kit, claim.name).holders.values()) hold.mode = 'shared'
      return extend(claim)
    }),
  ),
  mutant(
    'sets the end of whoever writes when a former owner extends as shared',
    'shared/downgrade-takes-nothing',
    sharing(async (kit, claim, extend) => {
      endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs)
      return extend(claim)
    }),
  ),
  mutant('answers lost when it is told again to share', 'shared/downgrade-twice', (kit) => {
    const changed = new Set<string>()
    const wrap = changing((_, claim, extend) => {
      changed.add(claim.owner)
      return extend(claim)
    })(kit)
    return (inner, index) => {
      const wrapped = wrap(inner, index)
      return {
        ...wrapped,
        extend: async (claims) => {
          const again = claims.map(({ owner }) => changed.has(owner))
          return (await wrapped.extend(claims)).map((outcome, i) => (again[i] ? LOST : outcome))
        },
      }
    }
  }),
  mutant('adds an owner who comes to share to those who do', 'shared/downgrade-twice', (kit) => {
    const changed = new Set<string>()
    return sharing(async (_, claim, extend) => {
      const { holders } = roomOf(kit, claim.name)
      const hold = holders.get(claim.owner)
      if (changed.has(claim.owner) && hold !== undefined) holders.set(`${claim.owner}#`, { ...hold })
      if (written(kit, claim) !== undefined) changed.add(claim.owner)
      return extend(claim)
    })(kit)
  }),
  mutant('forgets the end of one who came to share', 'shared/downgrade-goes-on', (kit) => {
    const ends = new Map<string, number>()
    return sharing(async (_, claim, extend) => {
      const change = asShared(kit, claim)
      const outcome = await extend(claim)
      if (change) ends.set(claim.owner, kit.clock.now() + claim.ttlMs)
      endingAt(kit, claim.name, (old, owner) => ends.get(owner) ?? old)
      return outcome
    })(kit)
  }),
  mutant('keeps one who came to share when it releases', 'shared/downgrade-goes-on', (kit) => {
    const changed = new Set<string>()
    const wrap = changing((_, claim, extend) => {
      changed.add(claim.owner)
      return extend(claim)
    })(kit)
    return (inner, index) => ({
      ...wrap(inner, index),
      release: async (ownership) => {
        const { name, owner } = ownership
        const hold = roomOf(kit, name).holders.get(owner)
        const outcome = await inner.release(ownership)
        if (changed.has(owner) && hold !== undefined) roomOf(kit, name).holders.set(`${owner}#`, hold)
        return outcome
      },
    })
  }),
  mutant('changes only the first of several leases', 'shared/downgrade-batch', (kit) => (inner) => ({
    ...inner,
    extend: (claims) =>
      inner.extend(
        claims.map((claim, i) => (i > 0 && asShared(kit, claim) ? { ...claim, mode: 'exclusive', limit: 1 } : claim)),
      ),
  })),
  mutant('changes all of several leases, if one is to be', 'shared/downgrade-batch', (kit) => (inner) => ({
    ...inner,
    extend: (claims) => {
      const some = claims.some((claim) => asShared(kit, claim))
      return inner.extend(some ? claims.map((claim) => ({ ...claim, mode: 'shared', limit: Infinity })) : claims)
    },
  })),
  mutant('answers for those that come to be shared behind all others', 'shared/downgrade-batch', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const changes = claims.filter((claim) => asShared(kit, claim))
      const others = claims.filter((claim) => !changes.includes(claim))
      return [...(await inner.extend(others)), ...(await inner.extend(changes))]
    },
  })),
  mutant('forgets the other leases when one comes to be shared', 'shared/downgrade-batch', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const changes = claims.filter((claim) => asShared(kit, claim))
      if (changes.length === 0) return inner.extend(claims)
      const extended = await inner.extend(changes)
      return claims.map((claim) => extended[changes.indexOf(claim)] ?? LOST)
    },
  })),
  mutant(
    'lets those who wait in when they ask, after an owner came to share',
    ['shared-line/downgrade-together', 'watch/downgrade'],
    looking(
      changing((kit, claim, extend) =>
        pastTheLine(
          kit,
          claim.name,
          ({ line }) => [...line],
          () => extend(claim),
        ),
      ),
    ),
  ),
  mutant(
    'lets all who would share in past a waiting writer, when an owner comes to share',
    'shared-line/downgrade-together',
    changing((kit, claim, extend) => {
      const writers = ({ line }: Room): Room['line'] => line.filter((place) => place.claim.mode === 'exclusive')
      return pastTheLine(kit, claim.name, writers, () => extend(claim))
    }),
  ),
  mutant(
    'lets one in when an owner comes to share',
    'shared-line/downgrade-together',
    looking(
      changing((kit, claim, extend) =>
        pastTheLine(
          kit,
          claim.name,
          ({ line }) => line.slice(1),
          () => extend(claim),
        ),
      ),
    ),
  ),
  mutant('tells nobody when an owner comes to share', 'watch/downgrade', (kit) => {
    let silent = false
    const wrap = changing(async (_, claim, extend) => {
      silent = true
      const outcome = await extend(claim)
      await gap()
      silent = false
      return outcome
    })(kit)
    return (inner, index) => wrap(telling(() => (turn) => (silent ? null : turn))(kit)(inner, index), index)
  }),
  mutant(
    'lets an owner share who claims again as shared',
    ['shared/repeat-changes-nothing', 'shared-line/repeat-admits-nobody'],
    repeating((_, claim, hold, inner) => {
      hold.mode = 'shared'
      return inner.acquire(claim)
    }),
  ),
  mutant(
    'refuses an exclusive owner who claims again as shared',
    'shared/repeat-changes-nothing',
    repeating(async () => ({ acquired: false, retryAfterMs: null, ahead: null })),
  ),
  mutant(
    'gives an exclusive owner who claims again as shared a new fence',
    'shared/repeat-changes-nothing',
    repeating(async (kit, claim, _, inner) => ({ ...(await inner.acquire(claim)), fence: ++kit.store.lastFence })),
  ),
  mutant(
    'shows an exclusive owner who claimed again as shared as one of several',
    'shared/repeat-changes-nothing',
    (kit) => {
      const repeated = new Set<string>()
      const wrap = repeating((_, claim, __, inner) => {
        repeated.add(claim.name)
        return inner.acquire(claim)
      })(kit)
      return (inner, index) => ({
        ...wrap(inner, index),
        inspect: async (name) => {
          const seen = await inner.inspect(name)
          return seen !== null && repeated.has(name) ? { ...seen, mode: 'shared' } : seen
        },
      })
    },
  ),
  mutant(
    'does not refresh the ttl of an exclusive owner who claims again as shared',
    'shared/repeat-refreshes',
    repeating(async (_, claim, hold) => ({ acquired: true, validMs: claim.ttlMs, fence: hold.fence })),
  ),
  mutant(
    'cuts the lease of an exclusive owner who claims again as shared',
    'shared/repeat-cuts-nothing',
    repeating(async (kit, claim, hold) => {
      hold.expiresAt = kit.clock.now() + claim.ttlMs
      return { acquired: true, validMs: claim.ttlMs, fence: hold.fence }
    }),
  ),
  mutant(
    'lets the line move on when an exclusive owner claims again as shared',
    'shared-line/repeat-admits-nobody',
    repeating(async (kit, claim, hold, inner) => {
      hold.mode = 'shared'
      const outcome = await inner.acquire(claim)
      const still = roomOf(kit, claim.name).holders
      if (still.size === 1) hold.mode = 'exclusive'
      return outcome
    }),
  ),
  mutant(
    'keeps a place in line for an exclusive owner who claims again as shared',
    'shared-line/repeat-admits-nobody',
    repeating(async (kit, claim, _, inner) => {
      const outcome = await inner.acquire(claim)
      if (claim.lineMs === undefined) return outcome
      const expiresAt = kit.clock.now() + claim.lineMs
      roomOf(kit, claim.name).line.push({ claim, expiresAt, onGrant: () => undefined })
      return outcome
    }),
  ),
  mutant('makes the only reader a writer when it claims again as one', 'shared/upgrade-refused', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const { holders } = roomOf(kit, claim.name)
      const mine = holders.get(claim.owner)
      if (mine !== undefined && holders.size === 1 && claim.mode === 'exclusive') mine.mode = claim.mode
      return inner.acquire(claim)
    },
  })),
  mutant('keeps a place in line for a reader who would write', 'shared/upgrade-line', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const { holders, line } = roomOf(kit, claim.name)
      if (claim.mode === 'shared' || claim.lineMs === undefined || !holders.has(claim.owner))
        return inner.acquire(claim)
      line.push({ claim, expiresAt: kit.clock.now() + claim.lineMs, onGrant: () => undefined })
      return { acquired: false, retryAfterMs: null, ahead: line.length - 1 }
    },
  })),
  mutant('gives up the lease of a reader who would write', 'shared/upgrade-refused', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const mine = roomOf(kit, claim.name).holders.get(claim.owner)
      const outcome = await inner.acquire(claim)
      if (mine?.mode === 'shared' && claim.mode === 'exclusive') await inner.release(claim)
      return outcome
    },
  })),
]
