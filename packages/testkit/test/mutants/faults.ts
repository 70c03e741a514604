import { BackendError, type ExtendOutcome, type LockBackend } from '@holdfast/core'
import { SLOW_TURNS, turns } from '../memory-faults.js'
import { type Mutant, mutant } from './mutant.js'

/** Less than a thirtieth of the longest delay of the suite, which is what passes in tests. */
const GIVES_UP_MS = 90
const CHUNK = 20

const refusal = { acquired: false, retryAfterMs: null, ahead: null } as const

/** Answers `otherwise` when a call takes too long, although the store may execute it. */
async function within<T>(call: Promise<T>, otherwise: T): Promise<T> {
  return Promise.race([call, turns(SLOW_TURNS).then(() => otherwise)])
}

/** Throws an error that says that the call was not executed, although the store may have executed it. */
async function denied<T>(call: Promise<T>): Promise<T> {
  return call.catch((cause: unknown) => {
    throw new BackendError('not executed', { executed: 'no', cause })
  })
}

/** Gives a call up when it takes longer than most do, and says that it was not executed. */
async function givingUp<T>(call: Promise<T>): Promise<T> {
  const givenUp = new BackendError('no answer in time', { executed: 'no' })
  return Promise.race([call, new Promise<never>((_, reject) => setTimeout(() => reject(givenUp), GIVES_UP_MS).unref())])
}

/** Sends a batch in chunks, and has `failed` answer for a chunk whose error is not that of the first. */
const inChunks =
  (failed: ExtendOutcome): Mutant['wrapFor'] =>
  () =>
  (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = [...(await inner.extend(claims.slice(0, CHUNK)))]
      for (let from = CHUNK; from < claims.length; from += CHUNK) {
        const chunk = claims.slice(from, from + CHUNK)
        outcomes.push(...(await inner.extend(chunk).catch(() => chunk.map(() => failed))))
      }
      return outcomes
    },
  })

/** Records of all owners in the wrong handle, as in a store that keeps too much. */
function remembering(): { readonly first: (key: string) => boolean } {
  const seen = new Set<string>()
  return {
    first: (key) => {
      const isNew = !seen.has(key)
      seen.add(key)
      return isNew
    },
  }
}

/** Takes the name from its holder. */
async function force(
  inner: LockBackend,
  claim: Parameters<LockBackend['acquire']>[0],
): ReturnType<LockBackend['acquire']> {
  await inner.evict(claim.name)
  return inner.acquire(claim)
}

export const faultMutants: readonly Mutant[] = [
  mutant(
    'answers an eviction that failed as if nothing was held',
    'unknown/every-verb-request-lost',
    () => (inner) => ({
      ...inner,
      evict: (name) => inner.evict(name).catch(() => false),
    }),
  ),
  mutant(
    'says that a theft was not executed when its answer was lost',
    'unknown/every-verb-reply-lost',
    () => (inner) => ({
      ...inner,
      acquire: (claim) => (claim.steal === true ? denied(inner.acquire(claim)) : inner.acquire(claim)),
    }),
  ),
  mutant('shows a held name as free when the answer is late', 'unknown/every-verb-late', () => (inner) => ({
    ...inner,
    inspect: (name) => within(inner.inspect(name), null),
  })),
  mutant(
    'takes an unknown claim for refused',
    ['unknown/acquire-reply-lost', 'unknown/acquire-request-lost'],
    () => (inner) => ({
      ...inner,
      acquire: (claim) => inner.acquire(claim).catch(() => refusal),
    }),
  ),
  mutant(
    'says that a claim was not executed when its answer was lost',
    'unknown/acquire-reply-lost',
    () => (inner) => ({
      ...inner,
      acquire: (claim) => denied(inner.acquire(claim)),
    }),
  ),
  mutant('takes an unknown claim for granted', 'unknown/acquire-request-lost', () => (inner) => ({
    ...inner,
    acquire: (claim) => inner.acquire(claim).catch(() => ({ acquired: true, validMs: claim.ttlMs, fence: 1 })),
  })),
  mutant('takes an unknown release for one that worked', 'unknown/release-request-lost', () => (inner) => ({
    ...inner,
    release: (ownership) => inner.release(ownership).catch(() => 'released'),
  })),
  mutant(
    'says that a release was not executed when its answer was lost',
    'unknown/release-reply-lost',
    () => (inner) => ({
      ...inner,
      release: (ownership) => denied(inner.release(ownership)),
    }),
  ),
  mutant(
    'takes an unknown extension for a loss',
    ['unknown/extend-reply-lost', 'unknown/extend-request-lost'],
    () => (inner) => ({
      ...inner,
      extend: (claims) => inner.extend(claims).catch(() => claims.map(() => ({ status: 'lost' }) as const)),
    }),
  ),
  mutant('takes an unknown extension for one that worked', 'unknown/extend-request-lost', () => (inner) => ({
    ...inner,
    extend: (claims) =>
      inner
        .extend(claims)
        .catch(() => claims.map(({ ttlMs }) => ({ status: 'extended', validMs: ttlMs, fence: null }) as const)),
  })),
  mutant('takes a slow claim for refused', 'unknown/acquire-late', () => (inner) => ({
    ...inner,
    acquire: (claim) => within(inner.acquire(claim), refusal),
  })),
  mutant('says that a slow release was not executed', 'unknown/release-late', () => (inner) => ({
    ...inner,
    release: (ownership) =>
      denied(
        Promise.race([inner.release(ownership), turns(SLOW_TURNS).then(() => Promise.reject(new Error('too slow')))]),
      ),
  })),
  mutant('says that a claim was not executed when it takes seconds', 'unknown/late-by-seconds', () => (inner) => ({
    ...inner,
    acquire: (claim) => givingUp(inner.acquire(claim)),
  })),
  mutant('says that a batch was not executed when it takes seconds', 'unknown/late-by-seconds', () => (inner) => ({
    ...inner,
    extend: (claims) => givingUp(inner.extend(claims)),
  })),
  mutant('says that a release was not executed when it takes seconds', 'unknown/late-by-seconds', () => (inner) => ({
    ...inner,
    release: (ownership) => givingUp(inner.release(ownership)),
  })),
  mutant(
    'takes the claims of a chunk of a batch for lost when it fails behind others',
    'unknown/batch-request-lost',
    inChunks({ status: 'lost' }),
  ),
  mutant(
    'takes the claims of a chunk of a batch for extended when it fails behind others',
    'unknown/batch-request-lost',
    inChunks({ status: 'extended', validMs: 1, fence: null }),
  ),
  mutant('says that a batch was not executed when one of its chunks was not', 'unknown/batch-request-lost', () => {
    return (inner) => ({
      ...inner,
      extend: async (claims) => {
        const outcomes = [...(await inner.extend(claims.slice(0, CHUNK)))]
        return claims.length > CHUNK ? [...outcomes, ...(await denied(inner.extend(claims.slice(CHUNK))))] : outcomes
      },
    })
  }),
  mutant('takes a slow extension for a loss', 'unknown/extend-late', () => (inner) => ({
    ...inner,
    extend: (claims) =>
      within(
        inner.extend(claims),
        claims.map(() => ({ status: 'lost' }) as const),
      ),
  })),
  mutant('grants a claim that it has granted before, whoever holds the name', 'unknown/acquire-again-later', () => {
    const claims = remembering()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        const before = !claims.first(`${claim.name} ${claim.owner}`)
        if (outcome.acquired || !before) return outcome
        return force(inner, claim)
      },
    })
  }),
  mutant('extends a lease that it has extended before, whoever holds the name', 'unknown/extend-again-later', () => {
    const extensions = remembering()
    return (inner) => ({
      ...inner,
      extend: async (claims) => {
        const outcomes = await inner.extend(claims)
        for (const [index, claim] of claims.entries()) {
          const before = !extensions.first(`${claim.name} ${claim.owner}`)
          if (before && outcomes[index]?.status === 'lost') await force(inner, claim)
        }
        return outcomes
      },
    })
  }),
  mutant('frees a name once more for an owner that has released it', 'unknown/release-again-later', () => {
    const releases = remembering()
    return (inner) => ({
      ...inner,
      release: async (ownership) => {
        const before = !releases.first(`${ownership.name} ${ownership.owner}`)
        if (before && ownership.keepMs === undefined) await inner.evict(ownership.name)
        return inner.release(ownership)
      },
    })
  }),
  mutant(
    'ends a list whose connection was lost as if it were complete',
    'unknown/list-request-lost',
    () => (inner) => ({
      ...inner,
      async *list(call) {
        try {
          yield* inner.list?.(call) ?? []
        } catch {
          // The error is swallowed.
        }
      },
    }),
  ),
]
