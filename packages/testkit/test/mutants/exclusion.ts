import { memoryBackend } from '@holdfast/core'
import { answering, claiming, endingAt, fake, holderOf, type Mutant, mutant, renaming } from './mutant.js'

export const exclusionMutants: readonly Mutant[] = [
  mutant('refuses the first claim on every name', 'exclusion/free-name', () => {
    const asked = new Set<string>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        if (asked.has(claim.name)) return inner.acquire(claim)
        asked.add(claim.name)
        return { acquired: false, retryAfterMs: null, ahead: null }
      },
    })
  }),
  mutant(
    'grants every claim',
    'exclusion/held-name',
    answering((outcome, claim) => (outcome.acquired ? outcome : fake(claim))),
  ),
  mutant(
    'tells a claim that keeps a place in line that it is granted',
    'exclusion/held-name',
    answering((outcome, claim) => (!outcome.acquired && claim.lineMs !== undefined ? fake(claim) : outcome)),
  ),
  mutant(
    'locks within one handle only',
    'exclusion/other-handle',
    ({ clock }) =>
      () =>
        memoryBackend({ clock }),
  ),
  mutant(
    'has one lock for all names',
    'exclusion/other-name',
    renaming(() => 'lock'),
  ),
  mutant(
    'overwrites the holder and answers that the claim was refused',
    'exclusion/refusal-leaves-holder',
    () => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired) await inner.acquire({ ...claim, steal: true })
        return outcome
      },
    }),
  ),
  mutant(
    'frees the name when it refuses a claim',
    ['exclusion/refusal-leaves-holder', 'exclusion/held-name'],
    () => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (!outcome.acquired) await inner.evict(claim.name)
        return outcome
      },
    }),
  ),
  mutant('sets the ttl of a refused claim on the present lease', 'exclusion/refusal-leaves-time', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (!outcome.acquired) endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs)
      return outcome
    },
  })),
  mutant('prolongs the present lease by every refused claim', 'exclusion/refusal-leaves-time', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (!outcome.acquired) endingAt(kit, claim.name, (end) => Math.max(end, kit.clock.now() + claim.ttlMs))
      return outcome
    },
  })),
  mutant(
    'lines everybody up who is refused',
    'exclusion/refusal-leaves-no-place',
    claiming((claim) => ({ lineMs: 60_000, ...claim })),
  ),
  mutant('answers when to ask again as a timestamp', 'exclusion/retry-after', ({ clock }) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      return outcome.acquired ? outcome : { ...outcome, retryAfterMs: (outcome.retryAfterMs ?? 0) + clock.now() }
    },
  })),
  mutant(
    'answers -1 when it does not know when to ask again',
    'exclusion/retry-after',
    answering((outcome) => (outcome.acquired ? outcome : { ...outcome, retryAfterMs: -1 })),
  ),
  mutant(
    'answers NaN for when to ask again',
    'exclusion/retry-after',
    answering((outcome) => ({ ...outcome, retryAfterMs: Number.NaN })),
  ),
  mutant('releases for whoever asks', ['ownership/release-by-other', 'owners/look-alikes'], () => (inner) => ({
    ...inner,
    release: async ({ name }) => ((await inner.evict(name)) ? 'released' : 'not-held'),
  })),
  mutant(
    'frees the name on any release and answers "not-held" to strangers',
    'ownership/release-by-other',
    () => (inner) => ({
      ...inner,
      release: async (ownership) => {
        const outcome = await inner.release(ownership)
        await inner.evict(ownership.name)
        return outcome
      },
    }),
  ),
  mutant('extends for whoever asks', 'ownership/extend-by-other', () => (inner) => ({
    ...inner,
    extend: async (claims) => {
      const owners = await Promise.all(claims.map(({ name }) => holderOf(inner, name)))
      return inner.extend(claims.map((claim, index) => ({ ...claim, owner: owners[index] ?? claim.owner })))
    },
  })),
  mutant('hands the lease to any owner who extends it', 'ownership/extend-by-other', () => (inner) => ({
    ...inner,
    extend: async (claims) => {
      for (const claim of claims) await inner.acquire({ ...claim, steal: (await inner.inspect(claim.name)) !== null })
      return inner.extend(claims)
    },
  })),
  mutant(
    'refreshes the ttl before it compares the owner',
    'ownership/extend-by-other-leaves-time',
    (kit) => (inner) => ({
      ...inner,
      extend: async (claims) => {
        for (const { name, ttlMs } of claims) endingAt(kit, name, () => kit.clock.now() + ttlMs)
        return inner.extend(claims)
      },
    }),
  ),
]
