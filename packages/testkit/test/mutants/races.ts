import type { Holder } from '@holdfast/core'
import { endingAt, fake, gap, holderOf, type Mutant, mutant, roomOf } from './mutant.js'

export const raceMutants: readonly Mutant[] = [
  mutant(
    'looks whether the name is free and takes it afterwards',
    ['concurrency/one-grant', 'storm/history'],
    () => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const free = (await inner.inspect(claim.name)) === null
        await gap()
        return inner.acquire(free ? { ...claim, steal: true } : claim)
      },
    }),
  ),
  mutant('removes an expired lease and takes the name afterwards', 'concurrency/one-successor', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const holds = [...(kit.store.names.get(claim.name)?.holders.values() ?? [])]
      const found = holds.length > 0 && holds.every((hold) => hold.expiresAt <= kit.clock.now())
      await gap()
      return inner.acquire(found ? { ...claim, steal: true } : claim)
    },
  })),
  mutant('looks who holds the name and deletes afterwards', 'concurrency/one-release', () => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const mine = (await holderOf(inner, ownership.name)) === ownership.owner
      await gap()
      const outcome = await inner.release(ownership)
      return mine ? 'released' : outcome
    },
  })),
  mutant(
    'shares the next lease of an owner whose former one an extension did not find',
    'concurrency/next-lease',
    () => (inner) => ({
      ...inner,
      extend: async (claims) => {
        const outcomes = await inner.extend(claims)
        const [claim] = claims
        if (claim?.mode !== 'exclusive' || claims.length > 1 || outcomes[0]?.status !== 'lost') return outcomes
        await gap()
        return (await holderOf(inner, claim.name)) === claim.owner
          ? inner.extend([{ ...claim, mode: 'shared' }])
          : outcomes
      },
    }),
  ),
  mutant('compares the holder and frees the name in a second step', 'concurrency/taken-meanwhile', () => (inner) => ({
    ...inner,
    release: async (ownership) => {
      if (ownership.keepMs !== undefined || (await holderOf(inner, ownership.name)) !== ownership.owner)
        return inner.release(ownership)
      await gap()
      await inner.evict(ownership.name)
      return 'released'
    },
  })),
  mutant('compares the holder and sets keepMs in a second step', 'concurrency/taken-meanwhile', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const { name, owner, keepMs } = ownership
      if (keepMs === undefined || (await holderOf(inner, name)) !== owner) return inner.release(ownership)
      await gap()
      endingAt(kit, name, () => kit.clock.now() + keepMs)
      return 'released'
    },
  })),
  mutant('compares the holder and extends in a second step', 'concurrency/taken-meanwhile', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const [claim] = claims
      if (claim === undefined || claims.length > 1 || (await holderOf(inner, claim.name)) !== claim.owner)
        return inner.extend(claims)
      const outcomes = await inner.extend(claims)
      await gap()
      endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs)
      return outcomes
    },
  })),
  mutant('gives claims of one owner that arrive together a fence each', 'concurrency/one-owner', () => {
    let last = 0
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const before = await inner.inspect(claim.name)
        await gap()
        const outcome = await inner.acquire(claim)
        return outcome.acquired && before === null ? { ...outcome, fence: ++last } : outcome
      },
    })
  }),
  mutant('counts shared holders and admits afterwards', 'concurrency/limit', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const fits = claim.mode === 'shared' && roomOf(kit, claim.name).holders.size < claim.limit
      await gap()
      const outcome = await inner.acquire(claim)
      if (outcome.acquired || !fits) return outcome
      const expiresAt = kit.clock.now() + claim.ttlMs
      roomOf(kit, claim.name).holders.set(claim.owner, { mode: 'shared', fence: ++kit.store.lastFence, expiresAt })
      return fake(claim, kit.store.lastFence)
    },
  })),
  mutant('now and then evicts somebody else on release', 'storm/history', () => {
    let calls = 0
    return (inner) => ({
      ...inner,
      release: async (ownership) => {
        const outcome = await inner.release(ownership)
        if (outcome === 'not-held' && ++calls % 5 === 0) await inner.evict(ownership.name)
        return outcome
      },
    })
  }),
  mutant(
    'inspects the fence in a step of its own',
    'inspection/meanwhile',
    inTwoSteps((first, next) => ({ ...first, fence: next.fence })),
  ),
  mutant(
    'inspects what remains of a lease in a step of its own',
    'inspection/meanwhile',
    inTwoSteps((first, next) => ({ ...first, remainingMs: next.remainingMs })),
  ),
]

/** Makes one holder of what two inspections show, one after the other. */
function inTwoSteps(joined: (first: Holder, next: Holder) => Holder): Mutant['wrapFor'] {
  return () => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const first = await inner.inspect(name)
      await gap()
      const next = await inner.inspect(name)
      const [one, other] = [first?.holders[0], next?.holders[0]]
      if (first === null || one === undefined || other === undefined || first.holders.length > 1) return first
      return { ...first, holders: [joined(one, other)] }
    },
  })
}
