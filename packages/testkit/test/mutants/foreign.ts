import { BackendError } from '@holdfast/core'
import { dropForeign, isForeign } from '../reference.js'
import { endingAt, fake, holderOf, type Mutant, mutant, roomOf, showing } from './mutant.js'

export const foreignMutants: readonly Mutant[] = [
  mutant('overwrites a foreign value', ['foreign/holds', 'foreign/holds-for-its-time'], (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      dropForeign(kit, claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('steals a foreign value', ['foreign/steal', 'foreign/steal-shared'], (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (claim.steal === true) dropForeign(kit, claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('takes the foreign value "null" for nothing where readers ask', 'foreign/look-alikes', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (claim.mode === 'shared' && (await holderOf(inner, claim.name)) === 'null') dropForeign(kit, claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('shows the owner in what it throws', 'foreign/other-type', () => (inner) => ({
    ...inner,
    acquire: (claim) =>
      inner.acquire(claim).catch((error: Error) => {
        throw Object.assign(error, { message: `${error.message}, for ${claim.owner}` })
      }),
  })),
  mutant('takes a value without ttl for free', 'foreign/holds', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const remainingMs = (await inner.inspect(claim.name))?.holders[0]?.remainingMs
      if (remainingMs === null) dropForeign(kit, claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('answers -1 ms for a value without ttl', 'foreign/holds', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      return outcome.acquired || !isForeign(kit, claim.name)
        ? outcome
        : { ...outcome, retryAfterMs: outcome.retryAfterMs ?? -1 }
    },
  })),
  mutant('prolongs a foreign value that it may not extend', 'foreign/holds-for-its-time', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      for (const { name, ttlMs } of claims) if (isForeign(kit, name)) endingAt(kit, name, () => kit.clock.now() + ttlMs)
      return outcomes
    },
  })),
  mutant('never lets go of a foreign value', 'foreign/holds-for-its-time', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (isForeign(kit, claim.name)) endingAt(kit, claim.name, () => Infinity)
      return inner.acquire(claim)
    },
  })),
  mutant('answers "extended" while a foreign value is there', 'foreign/not-ours-to-extend', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      return outcomes.map((outcome, index) => {
        const claim = claims[index]
        if (claim === undefined || !isForeign(kit, claim.name)) return outcome
        return { status: 'extended', validMs: claim.ttlMs, fence: null }
      })
    },
  })),
  mutant('replaces a foreign value when it extends', 'foreign/not-ours-to-extend', (kit) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      for (const claim of claims) {
        if (!isForeign(kit, claim.name)) continue
        dropForeign(kit, claim.name)
        await inner.acquire(claim)
      }
      await inner.extend(claims)
      return claims.map(() => ({ status: 'lost' }))
    },
  })),
  mutant('deletes a foreign value on release', 'foreign/not-ours-to-release', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const outcome = await inner.release(ownership)
      if (isForeign(kit, ownership.name)) await inner.evict(ownership.name)
      return outcome
    },
  })),
  mutant('lets a foreign value expire on a release with keepMs', 'foreign/not-ours-to-release', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const { name, keepMs } = ownership
      if (isForeign(kit, name) && keepMs !== undefined) endingAt(kit, name, () => kit.clock.now() + keepMs)
      return inner.release(ownership)
    },
  })),
  mutant('shows nothing where a foreign value lies', 'foreign/shown', (kit) => (inner) => ({
    ...inner,
    inspect: async (name) => (isForeign(kit, name) ? null : inner.inspect(name)),
  })),
  mutant(
    'shows -1 ms for a value without ttl',
    'foreign/shown',
    showing((seen) => ({
      ...seen,
      holders: seen.holders.map((one) => ({ ...one, remainingMs: one.remainingMs ?? -1 })),
    })),
  ),
  mutant('takes an empty value for free', 'foreign/look-alikes', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if ((await holderOf(inner, claim.name)) === '') dropForeign(kit, claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('shows a foreign value as what its JSON says', 'foreign/look-alikes', (kit) => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      if (seen === null || !isForeign(kit, name)) return seen
      return { ...seen, holders: seen.holders.map((one) => ({ ...one, owner: one.owner.replace(/^\{.*\}$/, 'x') })) }
    },
  })),
  mutant('evicts only what is its own', 'foreign/evict', (kit) => (inner) => ({
    ...inner,
    evict: async (name) => (isForeign(kit, name) ? false : inner.evict(name)),
  })),
  mutant('looks for shared holders only beside a foreign value', 'foreign/shared', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) =>
      claim.mode === 'shared' && isForeign(kit, claim.name) ? fake(claim) : inner.acquire(claim),
  })),
  mutant('has no line behind a foreign value', 'foreign/line', (kit) => (inner) => ({
    ...inner,
    acquire: ({ lineMs, ...claim }) =>
      inner.acquire(isForeign(kit, claim.name) || lineMs === undefined ? claim : { ...claim, lineMs }),
  })),
  mutant('forgets the line when a foreign value is evicted', 'foreign/line', (kit) => (inner) => ({
    ...inner,
    evict: async (name) => {
      if (isForeign(kit, name)) roomOf(kit, name).line.length = 0
      return inner.evict(name)
    },
  })),
  mutant('takes a key of another type for held', 'foreign/other-type', ({ oddities }) => (inner) => ({
    ...inner,
    acquire: async (claim) =>
      oddities.has(claim.name) ? { acquired: false, retryAfterMs: null, ahead: null } : inner.acquire(claim),
  })),
  mutant('overwrites a key of another type', 'foreign/other-type', ({ oddities }) => (inner) => ({
    ...inner,
    acquire: (claim) => {
      oddities.delete(claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('sees nothing where a key of another type lies', 'foreign/other-type', ({ oddities }) => (inner) => ({
    ...inner,
    inspect: async (name) => (oddities.has(name) ? null : inner.inspect(name)),
  })),
  mutant('deletes a key of another type on release', 'foreign/other-type', ({ oddities }) => (inner) => ({
    ...inner,
    release: (ownership) => inner.release(ownership).finally(() => oddities.delete(ownership.name)),
  })),
  mutant('calls a lease lost where a key of another type lies', 'foreign/other-type', ({ oddities }) => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      return outcomes.map((outcome, index) => (oddities.has(claims[index]?.name ?? '') ? { status: 'lost' } : outcome))
    },
  })),
  mutant(
    'does not know whether it did something to a key of another type',
    'foreign/other-type',
    ({ oddities }) =>
      (inner) => ({
        ...inner,
        acquire: async (claim) => {
          if (oddities.has(claim.name)) throw new BackendError('wrong type', { executed: 'unknown' })
          return inner.acquire(claim)
        },
      }),
  ),
  mutant(
    'calls a whole batch lost for a key of another type',
    'foreign/other-type-in-batch',
    ({ oddities }) =>
      (inner) => ({
        ...inner,
        extend: async (claims) => {
          const outcomes = await inner.extend(claims)
          if (!claims.some(({ name }) => oddities.has(name))) return outcomes
          return outcomes.map((outcome) => (outcome.status === 'unknown' ? outcome : { status: 'lost' }))
        },
      }),
  ),
]
