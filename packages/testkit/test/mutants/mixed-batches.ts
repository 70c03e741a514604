import type { Claim, ExtendOutcome, LockBackend } from '@holdfast/core'
import { batching } from './batches.js'
import { type Mutant, mutant } from './mutant.js'

/** Changes the claims of large batches as a whole. */
const inLarge = (size: number, change: (claims: readonly Claim[]) => readonly Claim[]): Mutant['wrapFor'] =>
  batching((claims, extend) => extend(claims.length > size ? change(claims) : claims))

/** Backends that confuse the claims of a batch. */
export const mixedBatchMutants: readonly Mutant[] = [
  mutant(
    'answers a claim that is twice in a batch with the same reserved fences',
    'batches/mixed',
    batching(async (claims, extend) => {
      const keyOf = ({ name, owner }: Claim): string => JSON.stringify([name, owner])
      const distinct = [...new Map(claims.map((claim) => [keyOf(claim), claim])).values()]
      const outcomes = await extend(distinct)
      const byKey = new Map(distinct.map((claim, index) => [keyOf(claim), outcomes[index]]))
      return claims.map((claim) => byKey.get(keyOf(claim)) ?? { status: 'lost' })
    }),
  ),
  mutant(
    'extends the claims of a batch beyond the 64th by the ttl of the 64th',
    'batches/mixed',
    inLarge(64, (claims) =>
      claims.map((claim, index) => ({ ...claim, ttlMs: (claims[Math.min(index, 63)] ?? claim).ttlMs })),
    ),
  ),
  mutant(
    'reserves fences for a batch of more than 100 claims from one count that it forgets',
    'batches/mixed',
    () => (inner) => ({ ...inner, extend: (claims) => countedOnce(claims, inner) }),
  ),
  mutant(
    'extends one owner of each name in a batch of more than 16 claims, and answers for all',
    'batches/mixed-modes',
    inLarge(16, (claims) => {
      const byName = new Map(claims.map((claim) => [claim.name, claim]))
      return claims.map((claim) => byName.get(claim.name) ?? claim)
    }),
  ),
  mutant(
    'extends batches of more than 8 claims in the mode of the first',
    'batches/mixed-modes',
    inLarge(8, (claims) => claims.map((claim) => ({ ...claim, mode: claims[0]?.mode ?? claim.mode }))),
  ),
  mutant(
    'extends the readers of a batch by the ttl of the first reader',
    'batches/mixed-modes',
    batching((claims, extend) => {
      const first = claims.find(({ mode }) => mode === 'shared')
      return extend(
        claims.map((claim) => (claim.mode === 'shared' && first ? { ...claim, ttlMs: first.ttlMs } : claim)),
      )
    }),
  ),
]

/** Answers all reserving claims of a large batch with the fence of the first claim. */
async function countedOnce(claims: readonly Claim[], inner: LockBackend): Promise<readonly ExtendOutcome[]> {
  const outcomes = await inner.extend(claims)
  if (claims.length <= 100) return outcomes
  const first = outcomes.find((outcome) => outcome.status === 'extended' && outcome.fence !== null)
  const fence = first?.status === 'extended' ? first.fence : null
  return outcomes.map((one) => (one.status === 'extended' && one.fence !== null ? { ...one, fence } : one))
}
