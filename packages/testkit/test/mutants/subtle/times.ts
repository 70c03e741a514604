import { memoryBackend } from '@holdfast/core'
import { answering, claiming, endingAt, mutant, renaming, roomOf, type Mutant } from '../mutant.js'
import { shortHashes } from '../../../src/cases/always/hashes.js'

const HOUR_MS = 3_600_000

/**
 * Leases that end too soon or too late, fences that stand still, lines that are too short, two names that are one lock.
 */
export const subtleTimes: readonly Mutant[] = [
  mutant(
    'lets leases end a millisecond early',
    'histories/exclusive',
    claiming((claim) => ({ ...claim, ttlMs: claim.ttlMs - 1 })),
  ),
  mutant(
    'lets long leases end a hundredth early',
    'histories/exclusive',
    claiming((claim) => ({ ...claim, ttlMs: claim.ttlMs > 50_000 ? Math.floor(claim.ttlMs * 0.99) : claim.ttlMs })),
  ),
  mutant(
    'lets no lease last for more than an hour',
    'histories/exclusive',
    claiming((claim) => ({ ...claim, ttlMs: Math.min(claim.ttlMs, HOUR_MS) })),
  ),
  mutant(
    'lets leases of more than a day end at once beyond 2^31 seconds',
    'histories/exclusive',
    claiming((claim) => ({ ...claim, ttlMs: Math.max(10, ((claim.ttlMs * 1_000) % 2 ** 40) / 1_000) })),
  ),
  mutant(
    'lets leases last a millisecond longer',
    'histories/exclusive',
    claiming((claim) => ({ ...claim, ttlMs: claim.ttlMs + 1 })),
  ),
  mutant(
    'keeps a name for the rest of its lease, if that is longer than keepMs',
    'histories/exclusive',
    (kit) => (inner) => ({
      ...inner,
      release: async (ownership) => {
        const before = roomOf(kit, ownership.name).holders.get(ownership.owner)?.expiresAt ?? 0
        const outcome = await inner.release(ownership)
        if (ownership.keepMs !== undefined)
          endingAt(kit, ownership.name, (old, owner) => (owner === ownership.owner ? Math.max(old, before) : old))
        return outcome
      },
    }),
  ),
  mutant('never shortens a lease that is extended', 'histories/exclusive', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const before = claims.map(({ name, owner }) => roomOf(kit, name).holders.get(owner)?.expiresAt ?? 0)
      const outcomes = await inner.extend(claims)
      claims.forEach((claim, index) =>
        endingAt(kit, claim.name, (old, owner) => (owner === claim.owner ? Math.max(old, before[index] ?? 0) : old)),
      )
      return outcomes
    },
  })),
  mutant(
    'sees through its second handle a clock that is 30 ms ahead',
    'histories/exclusive',
    (kit) => (inner, index) => {
      const clock = { ...kit.clock, now: () => kit.clock.now() + 30 }
      return index === 0 ? inner : memoryBackend({ clock, store: kit.store })
    },
  ),
  mutant(
    'sees a clock that jumps back for a while, through one handle',
    'histories/exclusive',
    (kit) => (inner, index) => {
      let calls = 0
      const clock = { ...kit.clock, now: () => kit.clock.now() - (calls++ % 20 > 15 ? 1_000 : 0) }
      return index === 0 ? inner : memoryBackend({ clock, store: kit.store })
    },
  ),
  mutant(
    'keeps fences in 32 bits',
    'fence-reserves/beyond-32-bits',
    answering((outcome) =>
      outcome.acquired && outcome.fence !== null ? { ...outcome, fence: outcome.fence % 2 ** 32 || 1 } : outcome,
    ),
  ),
  mutant(
    'reserves 63 fences at most',
    'histories/fences',
    claiming((claim) => (claim.fences === undefined ? claim : { ...claim, fences: Math.min(claim.fences, 63) })),
  ),
  mutant('forgets the leases of a handle beyond six hundred', 'names/thousand', () => (inner) => {
    const held = new Map<string, string>()
    return {
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (outcome.acquired) held.set(claim.owner, claim.name)
        const [oldest] = held
        if (held.size > 600 && oldest !== undefined) {
          held.delete(oldest[0])
          await inner.release({ name: oldest[1], owner: oldest[0] })
        }
        return outcome
      },
      release: (ownership) => inner.release(ownership).finally(() => held.delete(ownership.owner)),
    }
  }),
  mutant('counts fences of a name anew when 500 others have been taken', 'names/thousand', () => {
    const offsets = new Map<string, number>()
    let latest: string[] = []
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired || outcome.fence === null) return outcome
        if (!latest.includes(claim.name)) offsets.set(claim.name, outcome.fence - 1)
        latest = [...latest.filter((name) => name !== claim.name), claim.name].slice(-500)
        return { ...outcome, fence: outcome.fence - (offsets.get(claim.name) ?? 0) }
      },
    })
  }),
  mutant('counts fences anew for a name that nobody held for an hour', 'histories/exclusive', (kit) => {
    const last = new Map<string, { at: number; offset: number }>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired || outcome.fence === null) return outcome
        const before = last.get(claim.name)
        const idle = before !== undefined && kit.clock.now() - before.at > HOUR_MS
        const offset = idle ? outcome.fence - 1 : (before?.offset ?? 0)
        last.set(claim.name, { at: kit.clock.now(), offset })
        return { ...outcome, fence: outcome.fence - offset }
      },
    })
  }),
  mutant('gives readers the fence of the reader before', 'histories/shared', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const others = [...roomOf(kit, claim.name).holders.values()].filter(({ mode }) => mode === 'shared')
      const outcome = await inner.acquire(claim)
      const mine = roomOf(kit, claim.name).holders.get(claim.owner)
      const [first] = others
      if (
        !outcome.acquired ||
        mine === undefined ||
        first === undefined ||
        claim.mode !== 'shared' ||
        claim.steal === true
      )
        return outcome
      Object.assign(mine, { fence: first.fence })
      return { ...outcome, fence: first.fence }
    },
  })),
  mutant('keeps a hundred places in line', 'line/many-waiters', (kit) => (inner) => ({
    ...inner,
    acquire: (claim) => {
      const { line } = roomOf(kit, claim.name)
      const { lineMs: _, ...plain } = claim
      return inner.acquire(
        line.length >= 100 && line.every((place) => place.claim.owner !== claim.owner) ? plain : claim,
      )
    },
  })),
  mutant('lets a reader with a higher limit past a reader that waits', 'histories/shared-line', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const state = roomOf(kit, claim.name)
      if (claim.mode !== 'shared' || claim.steal === true || state.line[0]?.claim.mode !== 'shared')
        return inner.acquire(claim)
      const line = state.line.splice(0)
      const outcome = await inner.acquire({ ...claim, lineMs: undefined as never })
      const after = roomOf(kit, claim.name)
      after.line.unshift(...line)
      return outcome.acquired ? outcome : inner.acquire(claim)
    },
  })),
  mutant('drops the line when a name is evicted', 'histories/line', (kit) => (inner) => ({
    ...inner,
    evict: (name) => {
      roomOf(kit, name).line.splice(0)
      return inner.evict(name)
    },
  })),
  mutant('announces a grant to the second in line too', 'histories/line', (kit) => (inner) => ({
    ...inner,
    watch: async (onTurn) =>
      (await inner.watch?.((turn) => {
        onTurn(turn)
        const next = roomOf(kit, turn.name).line[0]?.claim.owner
        if (next !== undefined && turn.type === 'turn')
          onTurn({ type: 'turn', name: turn.name, owner: next, granted: { fence: 1 } })
      })) ?? (async () => {}),
  })),
  mutant('evicts every name that begins alike', 'names/alike', (kit) => (inner) => ({
    ...inner,
    evict: async (name) => {
      if (!name.endsWith('*')) return inner.evict(name)
      const alike = [...kit.store.names.keys()].filter((each) => each.startsWith(name.slice(0, -1)))
      const held = await Promise.all(alike.map((each) => inner.evict(each)))
      return held.includes(true)
    },
  })),
  ...Object.entries(shortHashes).map(([hash, of]) =>
    mutant(
      `takes ${hash} of a name for the name`,
      'names/hashed',
      renaming((name) => String(of('')(name))),
    ),
  ),
]
