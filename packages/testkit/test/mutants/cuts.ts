import type { Claim } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { type Mutant, mutant, roomOf } from './mutant.js'

/** Sets the end of the owner's hold, as an extension does that knows of no longer lease. */
function setEnd(kit: Kit, { name, owner, ttlMs }: Claim): void {
  const hold = roomOf(kit, name).holders.get(owner)
  if (hold !== undefined) hold.expiresAt = kit.clock.now() + ttlMs
}

/** Shortens the leases of owners who claim again. */
const repeating =
  (some: (claim: Claim) => boolean): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (outcome.acquired && some(claim)) setEnd(kit, claim)
      return outcome
    },
  })

/** Shortens leases by extensions with `fences`. */
const reserving =
  (some: (claims: readonly Claim[]) => boolean): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => ({
    ...inner,
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      for (const claim of claims) if (claim.fences !== undefined && some(claims)) setEnd(kit, claim)
      return outcomes
    },
  })

/** Backends that shorten a lease where a command that is executed once more would be the reason. */
export const cutMutants: readonly Mutant[] = [
  mutant(
    'sets the ttl of a claim that repeats, also a shorter one',
    'idempotence/claim-cuts-nothing',
    repeating(() => true),
  ),
  mutant(
    'sets the ttl of a claim that repeats and would wait in line',
    'idempotence/claim-cuts-nothing',
    repeating(({ lineMs }) => lineMs !== undefined),
  ),
  mutant(
    'sets the ttl of a claim that repeats and reserves fences',
    'idempotence/claim-cuts-nothing',
    repeating(({ fences = 1 }) => fences > 1),
  ),
  mutant(
    'sets the ttl of an owner who steals its own lease',
    'idempotence/claim-cuts-nothing',
    repeating(({ steal }) => steal === true),
  ),
  mutant(
    'sets the ttl of an extend that reserves fences, also a shorter one',
    'extension/reserve-cuts-nothing',
    reserving(() => true),
  ),
  mutant(
    'sets the ttl of an extend that reserves fences in a batch',
    'extension/reserve-cuts-nothing',
    reserving(({ length }) => length > 1),
  ),
]
