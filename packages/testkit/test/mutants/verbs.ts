import { endingAt, fake, holderOf, type Mutant, mutant, showing } from './mutant.js'

export const verbMutants: readonly Mutant[] = [
  mutant('answers "released" and frees nothing', 'release/frees', () => (inner) => ({
    ...inner,
    release: async ({ name, owner }) => ((await holderOf(inner, name)) === owner ? 'released' : 'not-held'),
  })),
  mutant(
    'answers "released" to everybody',
    ['release/nothing', 'ownership/release-by-other', 'release/keeps-nothing'],
    () => (inner) => ({
      ...inner,
      release: async (ownership) => {
        await inner.release(ownership)
        return 'released'
      },
    }),
  ),
  mutant('leaves a mark that holds the name after a release of nothing', 'release/nothing', () => (inner) => ({
    ...inner,
    release: async ({ name, owner }) => {
      const outcome = await inner.release({ name, owner })
      if (outcome === 'not-held') await inner.acquire({ name, owner, ttlMs: 1000, mode: 'exclusive', limit: 1 })
      return outcome
    },
  })),
  mutant('frees all names of the owner who releases one', 'release/one-name', ({ store }) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const outcome = await inner.release(ownership)
      for (const name of store.names.keys()) await inner.release({ name, owner: ownership.owner })
      return outcome
    },
  })),
  mutant('ignores keepMs', 'release/keeps', () => (inner) => ({
    ...inner,
    release: ({ name, owner }) => inner.release({ name, owner }),
  })),
  mutant('keeps a name no longer than the lease had left', 'release/keeps-longer', () => (inner) => ({
    ...inner,
    release: async ({ name, owner, keepMs = 0 }) => {
      const left = (await inner.inspect(name))?.holders[0]?.remainingMs ?? keepMs
      return inner.release({ name, owner, keepMs: Math.min(left, keepMs) })
    },
  })),
  mutant('takes keepMs for seconds', 'release/kept-ends', () => (inner) => ({
    ...inner,
    release: ({ keepMs = 0, ...ownership }) => inner.release({ ...ownership, keepMs: keepMs * 1000 }),
  })),
  mutant('keeps a name for an owner who never held it', 'release/keeps-nothing', () => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const { name, owner, keepMs = 0 } = ownership
      const outcome = await inner.release(ownership)
      if (keepMs > 0) await inner.acquire({ name, owner, ttlMs: keepMs, mode: 'exclusive', limit: 1 })
      return outcome
    },
  })),
  mutant('takes a name in order to look at it', 'inspection/free-name', () => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      if (seen === null) await inner.acquire({ name, owner: 'probe', ttlMs: 1000, mode: 'exclusive', limit: 1 })
      return seen
    },
  })),
  mutant('shows a free name as a lease without holders', 'inspection/free-name', () => (inner) => ({
    ...inner,
    inspect: async (name) => (await inner.inspect(name)) ?? { name, mode: 'exclusive', holders: [], waiting: 0 },
  })),
  mutant(
    'shows everything as shared',
    'inspection/holder',
    showing((seen) => ({ ...seen, mode: 'shared' })),
  ),
  mutant(
    'hides the label of holders',
    'inspection/holder',
    showing((seen) => ({
      ...seen,
      holders: seen.holders.map((holder) => ({ ...holder, owner: holder.owner.split('~').at(-1) ?? '' })),
    })),
  ),
  mutant(
    'shows only what its own handle holds',
    ['inspection/holder', 'exclusion/free-name'],
    () => (inner, index) => ({
      ...inner,
      inspect: async (name) => (index === 0 ? null : inner.inspect(name)),
    }),
  ),
  mutant(
    'shows what remains in seconds',
    'inspection/remaining',
    showing((seen) => ({
      ...seen,
      holders: seen.holders.map((holder) => ({ ...holder, remainingMs: (holder.remainingMs ?? 0) / 1000 })),
    })),
  ),
  mutant(
    'shows the ttl in place of what remains',
    'inspection/remaining',
    showing((seen) => ({ ...seen, holders: seen.holders.map((holder) => ({ ...holder, remainingMs: 60_000 })) })),
  ),
  mutant('prolongs a lease when somebody looks', 'inspection/refreshes-nothing', (kit) => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      endingAt(kit, name, () => kit.clock.now() + 60_000)
      return seen
    },
  })),
  mutant('frees a name when somebody looks', 'inspection/frees-nothing', () => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      await inner.evict(name)
      return seen
    },
  })),
  mutant('answers that it evicted and frees nothing', 'eviction/frees', () => (inner) => ({
    ...inner,
    evict: async (name) => (await inner.inspect(name)) !== null,
  })),
  mutant('evicts and answers that nothing was held', 'eviction/frees', () => (inner) => ({
    ...inner,
    evict: async (name) => {
      await inner.evict(name)
      return false
    },
  })),
  mutant('answers that it evicted what was free', 'eviction/nothing', () => (inner) => ({
    ...inner,
    evict: async (name) => {
      await inner.evict(name)
      return true
    },
  })),
  mutant('lets an evicted owner back in', ['eviction/successor', 'eviction/owner-is-over'], () => {
    const evicted = new Map<string, string | undefined>()
    return (inner) => ({
      ...inner,
      evict: async (name) => {
        evicted.set(name, await holderOf(inner, name))
        return inner.evict(name)
      },
      acquire: (claim) => inner.acquire({ ...claim, steal: claim.steal || evicted.get(claim.name) === claim.owner }),
      extend: async (claims) => {
        for (const claim of claims) if (evicted.get(claim.name) === claim.owner) await inner.acquire(claim)
        return inner.extend(claims)
      },
    })
  }),
  mutant('evicts by pattern', 'eviction/one-name', ({ store }) => (inner) => ({
    ...inner,
    evict: async (name) => {
      const held = await inner.evict(name)
      for (const other of store.names.keys()) if (other.startsWith(name)) await inner.evict(other)
      return held
    },
  })),
  mutant('evicts only the first of several holders', 'eviction/shared', () => (inner) => ({
    ...inner,
    evict: async (name) => {
      const seen = await inner.inspect(name)
      const [first] = seen?.holders ?? []
      if (first === undefined || seen?.mode === 'exclusive') return inner.evict(name)
      await inner.release({ name, owner: first.owner })
      return true
    },
  })),
  mutant('does not steal', 'steal/takes', () => (inner) => ({
    ...inner,
    acquire: ({ steal: _, ...claim }) => inner.acquire(claim),
  })),
  mutant('answers that it stole and leaves the name with the victim', 'steal/takes', () => (inner) => ({
    ...inner,
    acquire: async ({ steal, ...claim }) => {
      const outcome = await inner.acquire(claim)
      return steal ? fake(claim) : outcome
    },
  })),
  mutant(
    'leaves the victim of a theft in possession beside the thief',
    'steal/victim-is-over',
    ({ store }) =>
      (inner) => ({
        ...inner,
        acquire: async (claim) => {
          const before = [...(store.names.get(claim.name)?.holders ?? [])]
          const outcome = await inner.acquire(claim)
          if (claim.steal) for (const [owner, hold] of before) store.names.get(claim.name)?.holders.set(owner, hold)
          return outcome
        },
      }),
  ),
  mutant('steals the fence of the victim too', 'steal/fence', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const fence = (await inner.inspect(claim.name))?.holders[0]?.fence ?? null
      const outcome = await inner.acquire(claim)
      return claim.steal && outcome.acquired && fence !== null ? { ...outcome, fence } : outcome
    },
  })),
  mutant('steals anew when a theft repeats', 'steal/fence', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (claim.steal) await inner.evict(claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('steals from one of several shared holders', 'steal/shared', ({ store }) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const shared = [...(store.names.get(claim.name)?.holders ?? [])].filter(([, hold]) => hold.mode === 'shared')
      const outcome = await inner.acquire(claim)
      if (claim.steal)
        for (const [owner, hold] of shared.slice(1)) store.names.get(claim.name)?.holders.set(owner, hold)
      return outcome
    },
  })),
]
