import { endingAt, gap, holderOf, mutant, roomOf, type Mutant } from '../mutant.js'

/** Verbs of two steps, which overwrite a change that is made between the two. */
export const subtleRaces: readonly Mutant[] = [
  mutant('compares the owner and deletes whoever holds then', 'histories/exclusive', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      if (ownership.keepMs !== undefined || (await holderOf(inner, ownership.name)) !== ownership.owner)
        return inner.release(ownership)
      await gap()
      roomOf(kit, ownership.name).holders.clear()
      return 'released'
    },
  })),
  mutant('compares the owner and extends whoever holds then', 'histories/exclusive', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const [claim] = claims
      if (claim === undefined || claims.length > 1 || claim.mode === 'shared') return inner.extend(claims)
      if ((await holderOf(inner, claim.name)) !== claim.owner) return inner.extend(claims)
      await gap()
      endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs)
      return [{ status: 'extended', validMs: claim.ttlMs, fence: null }]
    },
  })),
  mutant('keeps whoever holds, some time after it has compared the owner', 'histories/exclusive', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const { name, owner, keepMs } = ownership
      if (keepMs === undefined || (await holderOf(inner, name)) !== owner) return inner.release(ownership)
      await gap()
      endingAt(kit, name, () => kit.clock.now() + keepMs)
      return 'released'
    },
  })),
  mutant('evicts first and takes the name afterwards when it steals', 'histories/line', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (claim.steal !== true || (await holderOf(inner, claim.name)) === claim.owner) return inner.acquire(claim)
      await inner.evict(claim.name)
      await gap()
      const { steal: _, ...plain } = claim
      return inner.acquire(plain)
    },
  })),
  mutant('looks whether something is held and evicts afterwards', 'histories/exclusive', () => (inner) => ({
    ...inner,
    evict: async (name) => {
      const held = (await inner.inspect(name)) !== null
      await gap()
      await inner.evict(name)
      return held
    },
  })),
  mutant('releases and shares anew when a writer becomes a reader', 'histories/shared', () => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const [claim] = claims
      if (claim?.mode !== 'shared' || claims.length > 1) return inner.extend(claims)
      if ((await inner.inspect(claim.name))?.mode !== 'exclusive') return inner.extend(claims)
      if ((await inner.release(claim)) === 'not-held') return [{ status: 'lost' }]
      await gap()
      const { lineMs: _, ...plain } = claim
      const outcome = await inner.acquire(plain)
      return [outcome.acquired ? { status: 'extended', validMs: claim.ttlMs, fence: null } : { status: 'lost' }]
    },
  })),
  mutant('frees the name and moves the line on a moment later', 'histories/line', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const state = roomOf(kit, ownership.name)
      const line = state.line.splice(0)
      const outcome = await inner.release(ownership)
      await gap()
      roomOf(kit, ownership.name).line.push(...line.filter(({ claim }) => claim.owner !== ownership.owner))
      await inner.inspect(ownership.name)
      return outcome
    },
  })),
  mutant('counts who shares and lets in a moment later', 'histories/shared', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (claim.mode !== 'shared' || claim.steal === true) return inner.acquire(claim)
      const { holders } = roomOf(kit, claim.name)
      const fits = holders.size < claim.limit
      await gap()
      return inner.acquire(fits ? { ...claim, limit: Infinity } : claim)
    },
  })),
  mutant('answers what a name looked like a moment before', 'histories/exclusive', () => (inner) => {
    const seen = new Map<string, Awaited<ReturnType<typeof inner.inspect>>>()
    return {
      ...inner,
      inspect: async (name) => {
        const before = seen.get(name)
        const now = await inner.inspect(name)
        seen.set(name, now)
        return before?.holders[0]?.owner === now?.holders[0]?.owner ? now : (before ?? now)
      },
    }
  }),
  mutant('tries a refused claim three times', 'attempt/no-retry', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      for (let tries = 0; tries < 3; tries++) {
        const outcome = await inner.acquire(claim)
        if (outcome.acquired) return outcome
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
      return inner.acquire(claim)
    },
  })),
  mutant('calls a claim refused when its caller has gone', 'attempt/aborted-acquire', () => (inner) => ({
    ...inner,
    acquire: async (claim, call) => {
      const outcome = await inner.acquire(claim)
      await gap()
      return call?.signal?.aborted === true ? { acquired: false, retryAfterMs: null, ahead: null } : outcome
    },
  })),
  mutant('calls a lease released when its caller has gone', 'attempt/aborted-release', () => (inner) => ({
    ...inner,
    release: async (ownership, call) => (call?.signal?.aborted === true ? 'released' : inner.release(ownership)),
  })),
  mutant('calls a lease lost when its caller has gone', 'attempt/aborted-extend', () => (inner) => ({
    ...inner,
    extend: async (claims, call) => {
      const outcomes = await inner.extend(claims)
      return call?.signal?.aborted === true ? claims.map(() => ({ status: 'lost' })) : outcomes
    },
  })),
  mutant('waits a while before it answers that a lease is lost', 'attempt/no-retry', () => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      if (outcomes.some(({ status }) => status === 'lost')) await new Promise((resolve) => setTimeout(resolve, 90))
      return outcomes
    },
  })),
  mutant('cuts a lease when its owner claims again for less', 'histories/exclusive', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (outcome.acquired)
        endingAt(kit, claim.name, (old, owner) => (owner === claim.owner ? kit.clock.now() + claim.ttlMs : old))
      return outcome
    },
  })),
  mutant('cuts a shared lease when its owner claims again for less', 'histories/shared', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (outcome.acquired && claim.mode === 'shared') {
        endingAt(kit, claim.name, (old, owner) => (owner === claim.owner ? kit.clock.now() + claim.ttlMs : old))
      }
      return outcome
    },
  })),
  mutant('writes into the claims that it is given', 'histories/exclusive', () => (inner) => ({
    ...inner,
    acquire: (claim) => inner.acquire(Object.assign(claim, { ttlMs: claim.ttlMs - 1 })),
  })),
  mutant('sorts the batch that it is given', 'histories/exclusive', () => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const sorted = (claims as (typeof claims)[number][]).sort((x, y) => (x.owner < y.owner ? -1 : 1))
      return inner.extend(sorted)
    },
  })),
  mutant('cuts owners to 256 characters', 'histories/long-owners', () => (inner) => ({
    ...inner,
    acquire: (claim) => inner.acquire({ ...claim, owner: claim.owner.slice(0, 256) }),
    extend: (claims) => inner.extend(claims.map((claim) => ({ ...claim, owner: claim.owner.slice(0, 256) }))),
    release: (ownership) => inner.release({ ...ownership, owner: ownership.owner.slice(0, 256) }),
  })),
]
