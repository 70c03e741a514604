import type { LockBackend } from '@holdfast/core'
import { type Mutant, mutant } from './mutant.js'

type Verbs = Pick<LockBackend, 'acquire' | 'extend' | 'release' | 'inspect' | 'evict'>

/** Answers the calls that are made with an aborted signal by `wrong`. */
function whenGone(wrong: (inner: LockBackend) => Partial<Verbs>): Mutant['wrapFor'] {
  return () => (inner) => {
    const other: Verbs = { ...inner, ...wrong(inner) }
    const handleOf = (call?: { readonly signal?: AbortSignal }): Verbs => (call?.signal?.aborted ? other : inner)
    return {
      ...inner,
      acquire: (claim, call) => handleOf(call).acquire(claim, call),
      extend: (claims, call) => handleOf(call).extend(claims, call),
      release: (ownership, call) => handleOf(call).release(ownership, call),
      inspect: (name, call) => handleOf(call).inspect(name, call),
      evict: (name, call) => handleOf(call).evict(name, call),
    }
  }
}

const refused = { acquired: false, retryAfterMs: null, ahead: null } as const

/** Backends that give any answer to a caller that has gone, as if the answer were never read. */
export const abortedMutants: readonly Mutant[] = [
  mutant(
    'evicts nothing for a caller that has gone, and answers that nothing was held',
    'attempt/aborted-evict',
    whenGone(() => ({ evict: async () => false })),
  ),
  mutant(
    'evicts for a caller that has gone, and answers that nothing was held',
    'attempt/aborted-evict',
    whenGone((inner) => ({ evict: async (name) => (await inner.evict(name)) && false })),
  ),
  mutant(
    'answers that it evicted for a caller that has gone, and did not',
    'attempt/aborted-evict',
    whenGone(() => ({ evict: async () => true })),
  ),
  mutant(
    'shows a held name as free to a caller that has gone',
    'attempt/aborted-inspect',
    whenGone(() => ({ inspect: async () => null })),
  ),
  mutant(
    'frees a name that a caller that has gone wanted kept',
    'attempt/aborted-keep',
    whenGone((inner) => ({ release: ({ name, owner }) => inner.release({ name, owner }) })),
  ),
  mutant(
    'keeps a name for a caller that has gone, and answers that it was not held',
    'attempt/aborted-keep',
    whenGone((inner) => ({ release: async (ownership) => inner.release(ownership).then(() => 'not-held') })),
  ),
  mutant(
    'answers that it kept the name for a caller that has gone, and leaves the lease as it was',
    'attempt/aborted-keep',
    whenGone((inner) => ({
      release: async (ownership) => (ownership.keepMs === undefined ? inner.release(ownership) : 'released'),
    })),
  ),
  mutant(
    'stops a batch after its first claim when the caller has gone, and calls the others lost',
    'attempt/aborted-batch',
    whenGone((inner) => ({
      extend: async (claims) => {
        const [first] = await inner.extend(claims.slice(0, 1))
        return claims.map((_, index) => (index === 0 && first ? first : { status: 'lost' }))
      },
    })),
  ),
  mutant(
    'extends the first claim of a batch whose caller has gone, and answers the same for all',
    'attempt/aborted-batch',
    whenGone((inner) => ({
      extend: async (claims) => {
        const [first] = await inner.extend(claims.slice(0, 1))
        return claims.map(() => first ?? { status: 'lost' })
      },
    })),
  ),
  mutant(
    'takes a name by force for a caller that has gone, and answers that it was refused',
    'attempt/aborted-steal',
    whenGone((inner) => ({
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        return claim.steal ? refused : outcome
      },
    })),
  ),
  mutant(
    'grants a claim that steals to a caller that has gone, and leaves the name with its holder',
    'attempt/aborted-steal',
    whenGone((inner) => ({
      acquire: async (claim) =>
        claim.steal ? { acquired: true, validMs: claim.ttlMs, fence: 1 } : inner.acquire(claim),
    })),
  ),
  mutant(
    'answers a caller that has gone no place in line, and keeps one',
    'attempt/aborted-line',
    whenGone((inner) => ({
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        return outcome.acquired ? outcome : { ...outcome, ahead: null }
      },
    })),
  ),
  mutant(
    'answers a caller that has gone a place in line, and keeps none',
    'attempt/aborted-line',
    whenGone((inner) => ({
      acquire: async ({ lineMs, ...claim }) => {
        const outcome = await inner.acquire(claim)
        return outcome.acquired || lineMs === undefined ? outcome : { ...outcome, ahead: 1 }
      },
    })),
  ),
  mutant(
    'leaves a caller that has gone in line, although it is answered that it holds nothing',
    'attempt/aborted-leave',
    whenGone(() => ({ release: async () => 'not-held' })),
  ),
  mutant(
    'admits a reader that has gone, and answers that it was refused',
    'attempt/aborted-shared',
    whenGone((inner) => ({
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        return claim.mode === 'shared' ? refused : outcome
      },
    })),
  ),
  mutant(
    'admits a reader that has gone beyond the limit',
    'attempt/aborted-shared',
    whenGone((inner) => ({
      acquire: (claim) => inner.acquire(claim.mode === 'shared' ? { ...claim, limit: Infinity } : claim),
    })),
  ),
  mutant(
    'answers a reader that has gone that it released, and did not',
    'attempt/aborted-shared-release',
    whenGone(() => ({ release: async () => 'released' })),
  ),
  mutant(
    'makes a reader of a writer that has gone, and calls its lease lost',
    'attempt/aborted-downgrade',
    whenGone((inner) => ({
      extend: async (claims) => {
        const outcomes = await inner.extend(claims)
        return outcomes.map((outcome, index) => (claims[index]?.mode === 'shared' ? { status: 'lost' } : outcome))
      },
    })),
  ),
  mutant(
    'answers a writer that has gone that it became a reader, and only extends its lease',
    'attempt/aborted-downgrade',
    whenGone((inner) => ({
      extend: (claims) => inner.extend(claims.map((claim) => ({ ...claim, mode: 'exclusive' }))),
    })),
  ),
  mutant(
    'reserves one fence for a caller that has gone, however many it asked for',
    'attempt/aborted-reserve',
    whenGone((inner) => ({
      extend: (claims) =>
        inner.extend(claims.map((claim) => (claim.fences === undefined ? claim : { ...claim, fences: 1 }))),
    })),
  ),
]
