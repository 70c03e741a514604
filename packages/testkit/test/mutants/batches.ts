import type { Claim, ExtendOutcome, LockBackend } from '@holdfast/core'
import { type Mutant, mutant } from './mutant.js'

/** Changes how a batch is sent and answered. */
export function batching(
  change: (claims: readonly Claim[], extend: LockBackend['extend']) => Promise<readonly ExtendOutcome[]>,
): Mutant['wrapFor'] {
  return () => (inner) => ({ ...inner, extend: (claims) => change(claims, (some) => inner.extend(some)) })
}

export const batchMutants: readonly Mutant[] = [
  mutant(
    'answers one outcome for an empty batch',
    'batches/empty',
    batching(async (claims, extend) => (claims.length === 0 ? [{ status: 'lost' }] : extend(claims))),
  ),
  mutant(
    'answers a batch with the extended ones first',
    'batches/order',
    batching(async (claims, extend) => (await extend(claims)).toSorted((a, b) => a.status.localeCompare(b.status))),
  ),
  mutant(
    'leaves lost claims out of its answer',
    'batches/order',
    batching(async (claims, extend) => (await extend(claims)).filter((outcome) => outcome.status !== 'lost')),
  ),
  mutant(
    'calls a batch lost when one of it is',
    'batches/loss-is-single',
    batching(async (claims, extend) => {
      const outcomes = await extend(claims)
      return outcomes.some((outcome) => outcome.status === 'lost') ? outcomes.map(() => ({ status: 'lost' })) : outcomes
    }),
  ),
  mutant(
    'stops a batch at the first lost claim but answers "extended" for the rest',
    'batches/loss-is-single',
    batching(async (claims, extend) => {
      const held = await Promise.all(claims.map(async (claim) => (await extend([{ ...claim, ttlMs: 150 }]))[0]))
      const first = held.findIndex((outcome) => outcome?.status === 'lost')
      if (first < 0) return extend(claims)
      await extend(claims.slice(0, first))
      return held.map((outcome) => outcome ?? { status: 'lost' })
    }),
  ),
  mutant(
    'extends a batch by the ttl of its first claim',
    'batches/own-ttl',
    batching((claims, extend) => extend(claims.map((claim) => ({ ...claim, ttlMs: claims[0]?.ttlMs ?? claim.ttlMs })))),
  ),
  mutant(
    'answers 200 claims of a batch at most',
    'batches/large',
    batching((claims, extend) => extend(claims.slice(0, 200))),
  ),
  mutant(
    'calls everything lost beyond the first hundred claims of a batch',
    'batches/large',
    batching(async (claims, extend) => {
      const outcomes = await extend(claims.slice(0, 100))
      return claims.map((_, index) => outcomes[index] ?? { status: 'lost' })
    }),
  ),
  mutant(
    'keeps the claims of a batch by name, so that the last owner of a name counts',
    'batches/same-name',
    batching(async (claims, extend) => {
      const byName = new Map(claims.map((claim) => [claim.name, claim]))
      const distinct = [...byName.values()]
      const outcomes = await extend(distinct)
      return claims.map((claim) => outcomes[distinct.indexOf(byName.get(claim.name) ?? claim)] ?? { status: 'lost' })
    }),
  ),
]
