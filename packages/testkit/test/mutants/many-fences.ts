import type { Claim } from '@holdfast/core'
import { claiming, type Mutant, mutant } from './mutant.js'

const atMost = (most: number, claim: Claim): Claim =>
  claim.fences === undefined ? claim : { ...claim, fences: Math.min(claim.fences, most) }

/** Backends that reserve fewer fences than were asked for, when these are many. */
export const manyFenceMutants: readonly Mutant[] = [
  mutant(
    'reserves 1,000 fences at most by a steal',
    'fence-reserves/many',
    claiming((claim) => (claim.steal === true ? atMost(1_000, claim) : claim)),
  ),
  mutant(
    'reserves 2^20 fences at most by a grant',
    'fence-reserves/many',
    claiming((claim) => (claim.lineMs === undefined ? atMost(2 ** 20, claim) : claim)),
  ),
  mutant('reserves 2^20 fences at most by an extend', 'fence-reserves/many', () => (inner) => ({
    ...inner,
    extend: (claims) => inner.extend(claims.map((claim) => atMost(2 ** 20, claim))),
  })),
  mutant(
    'reserves 1,000 fences at most by a grant from the line',
    'fence-reserves/many-in-line',
    claiming((claim) => (claim.lineMs === undefined ? claim : atMost(1_000, claim))),
  ),
]
