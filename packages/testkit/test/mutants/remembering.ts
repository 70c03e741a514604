import type { AcquireOutcome, Claim, Inspection, LockBackend } from '@holdfast/core'
import { endingAt, fake, type Mutant, mutant, reowning } from './mutant.js'

interface Memory {
  /** Grants that this handle saw, until it releases them. */
  readonly held: Map<string, AcquireOutcome & { readonly acquired: true }>
  /** All grants that this handle ever saw. */
  readonly ever: Set<string>
}

const key = ({ name, owner }: Pick<Claim, 'name' | 'owner'>): string => JSON.stringify([name, owner])

/** Mutants that trust the memory of a handle instead of asking the store. */
function remembering(
  wrong: string,
  killedBy: string | readonly string[],
  build: (inner: LockBackend, memory: Memory, end: (name: string, ttlMs: number) => void) => Partial<LockBackend>,
): Mutant {
  return mutant(wrong, killedBy, (kit) => (inner) => {
    const memory: Memory = { held: new Map(), ever: new Set() }
    const changed: LockBackend = {
      ...inner,
      ...build(inner, memory, (name, ttlMs) => endingAt(kit, name, () => kit.clock.now() + ttlMs)),
    }
    return {
      ...changed,
      acquire: async (claim) => {
        const outcome = await changed.acquire(claim)
        if (outcome.acquired) {
          memory.held.set(key(claim), outcome)
          memory.ever.add(key(claim))
        }
        return outcome
      },
      release: (ownership) => changed.release(ownership).finally(() => memory.held.delete(key(ownership))),
    }
  })
}

export const rememberingMutants: readonly Mutant[] = [
  remembering(
    'deletes without comparing when it remembers the grant',
    'ownership/stale-release',
    (inner, { held }) => ({
      release: async (ownership) => {
        const outcome = await inner.release(ownership)
        if (held.has(key(ownership))) await inner.evict(ownership.name)
        return outcome
      },
    }),
  ),
  remembering(
    'sets keepMs without comparing when it remembers the grant',
    'ownership/stale-release-keeping',
    (inner, { held }, end) => ({
      release: async (ownership) => {
        if (held.has(key(ownership)) && ownership.keepMs !== undefined) end(ownership.name, ownership.keepMs)
        return inner.release(ownership)
      },
    }),
  ),
  remembering(
    'extends without comparing when it remembers the grant',
    'ownership/stale-extend',
    (inner, { held }, end) => ({
      extend: async (claims) => {
        for (const claim of claims) if (held.has(key(claim))) end(claim.name, claim.ttlMs)
        return inner.extend(claims)
      },
    }),
  ),
  remembering(
    'answers "yours" from memory',
    ['ownership/stale-claim', 'eviction/successor', 'steal/victim-is-over'],
    (inner, { held }) => ({ acquire: async (claim) => held.get(key(claim)) ?? inner.acquire(claim) }),
  ),
  remembering(
    'deletes without comparing for whoever held it once',
    'ownership/repeated-release',
    (inner, { ever }) => ({
      release: async (ownership) => {
        const outcome = await inner.release(ownership)
        if (ever.has(key(ownership))) await inner.evict(ownership.name)
        return outcome
      },
    }),
  ),
  remembering(
    'creates the lease anew when it extends what it held once',
    ['ownership/released-is-over', 'expiry/no-extend', 'eviction/owner-is-over'],
    (inner, { ever }) => ({
      extend: async (claims) => {
        for (const claim of claims) if (ever.has(key(claim))) await inner.acquire(claim)
        return inner.extend(claims)
      },
    }),
  ),
  remembering('answers "extended" from memory', ['expiry/no-extend', 'eviction/owner-is-over'], (inner, { held }) => ({
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      return outcomes.map((outcome, index) => {
        const claim = claims[index]
        if (claim === undefined || !held.has(key(claim))) return outcome
        return { status: 'extended', validMs: claim.ttlMs, fence: null }
      })
    },
  })),
  remembering('answers "released" from memory', ['expiry/no-release', 'eviction/owner-is-over'], (inner, { held }) => ({
    release: async (ownership) => {
      const outcome = await inner.release(ownership)
      return held.has(key(ownership)) ? 'released' : outcome
    },
  })),
  remembering('answers "released" to every repetition', 'idempotence/release', (inner, { ever }) => ({
    release: async (ownership) => {
      const outcome = await inner.release(ownership)
      return ever.has(key(ownership)) ? 'released' : outcome
    },
  })),
  remembering(
    'refuses to extend through the handle that did not acquire',
    'ownership/either-handle',
    (inner, { held }) => ({
      extend: async (claims) =>
        (await inner.extend(claims)).map((outcome, index) => {
          const claim = claims[index]
          return claim !== undefined && held.has(key(claim)) ? outcome : { status: 'lost' }
        }),
    }),
  ),
  mutant(
    'makes the connection part of the owner',
    ['ownership/either-handle', 'idempotence/claim'],
    reowning((owner, index) => `${owner}#${index}`),
  ),
  mutant('shows the last lease after its end', 'expiry/no-inspect', () => {
    const last = new Map<string, Inspection>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        const seen = await inner.inspect(claim.name)
        if (seen !== null) last.set(claim.name, seen)
        return outcome
      },
      release: (ownership) => inner.release(ownership).finally(() => last.delete(ownership.name)),
      evict: (name) => inner.evict(name).finally(() => last.delete(name)),
      inspect: async (name) => (await inner.inspect(name)) ?? last.get(name) ?? null,
    })
  }),
  mutant('evicts what has expired and calls it held', 'expiry/no-evict', () => {
    const taken = new Set<string>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (outcome.acquired) taken.add(claim.name)
        return outcome
      },
      release: (ownership) => inner.release(ownership).finally(() => taken.delete(ownership.name)),
      evict: async (name) => {
        const held = await inner.evict(name)
        return taken.delete(name) || held
      },
    })
  }),
  mutant('remembers the fence of an owner for ever', 'expiry/no-revival', () => {
    const fences = new Map<string, number | null>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired) return outcome
        const fence = fences.get(key(claim)) ?? outcome.fence
        fences.set(key(claim), fence)
        return { ...outcome, fence }
      },
    })
  }),
  mutant('stores a claim of a former owner without an end', 'idempotence/claim-after-release', () => {
    const gone = new Set<string>()
    return (inner) => ({
      ...inner,
      acquire: (claim) => inner.acquire(gone.has(key(claim)) ? { ...claim, ttlMs: 2 ** 31 } : claim),
      release: (ownership) => inner.release(ownership).finally(() => gone.add(key(ownership))),
    })
  }),
  mutant('counts claims of one owner and wants as many releases', 'idempotence/claims-do-not-count', () => {
    const counts = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (outcome.acquired) counts.set(key(claim), (counts.get(key(claim)) ?? 0) + 1)
        return outcome
      },
      release: async (ownership) => {
        const left = (counts.get(key(ownership)) ?? 1) - 1
        counts.set(key(ownership), left)
        return left > 0 ? 'released' : inner.release(ownership)
      },
    })
  }),
  mutant('refuses a claim that repeats', 'idempotence/claim', () => {
    const seen = new Set<string>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        if (seen.has(key(claim))) return { acquired: false, retryAfterMs: null, ahead: null }
        const outcome = await inner.acquire(claim)
        if (outcome.acquired) seen.add(key(claim))
        return outcome
      },
    })
  }),
  mutant('answers "yours" to a repeated claim without refreshing it', 'idempotence/claim-refreshes', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const mine = (await inner.inspect(claim.name))?.holders.find((holder) => holder.owner === claim.owner)
      return mine === undefined ? inner.acquire(claim) : fake(claim, mine.fence)
    },
  })),
  mutant('takes the second extend of an owner for a duplicate and answers "lost"', 'idempotence/extend', () => {
    const seen = new Set<string>()
    return (inner) => ({
      ...inner,
      extend: async (claims) => {
        const outcomes = await inner.extend(claims)
        return outcomes.map((outcome, index) => {
          const claim = claims[index]
          if (claim === undefined || outcome.status !== 'extended' || !seen.has(key(claim))) {
            if (claim !== undefined) seen.add(key(claim))
            return outcome
          }
          return { status: 'lost' }
        })
      },
    })
  }),
]
