import type { AcquireOutcome, Claim } from '@holdfast/core'
import { PREFIX, type Kit } from '../reference.js'
import { batching } from './batches.js'
import { listingAs } from './listing.js'
import { type Mutant, mutant, roomOf } from './mutant.js'

const refusal: AcquireOutcome = { acquired: false, retryAfterMs: null, ahead: null }

/** Refuses a claim on account of other names in the store. */
const refusing =
  (refuses: (kit: Kit, claim: Claim, others: readonly string[]) => boolean): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const others = [...kit.store.names.keys()].filter((name) => name !== claim.name)
      return !claim.steal && refuses(kit, claim, others) ? refusal : inner.acquire(claim)
    },
  })

const isWaitedFor = (kit: Kit, name: string): boolean => roomOf(kit, name).line.length > 0
const isFree = (kit: Kit, name: string): boolean => roomOf(kit, name).holders.size === 0

/** Counts the permits of all names that `text` makes equal together. */
const counting = (text: (name: string) => string): Mutant['wrapFor'] =>
  refusing((kit, claim, others) => {
    const alike = others.filter((name) => text(name) === text(claim.name))
    const held = alike.flatMap((name) => [...roomOf(kit, name).holders.values()])
    const taken = held.filter(({ mode, expiresAt }) => mode === 'shared' && expiresAt > kit.clock.now())
    return claim.mode === 'shared' && !roomOf(kit, claim.name).holders.has(claim.owner) && taken.length >= claim.limit
  })

/** Answers the claims of a batch by name and owner, joined by `sign`. */
const answeringBy = (sign: string): Mutant['wrapFor'] =>
  batching(async (claims, extend) => {
    const outcomes = await extend(claims)
    const keyOf = ({ name, owner }: Claim): string => name + sign + owner
    const byKey = new Map(claims.map((claim, index) => [keyOf(claim), outcomes[index]]))
    return claims.map((claim) => byKey.get(keyOf(claim)) ?? { status: 'lost' })
  })

/** Lists the part of each key that follows the prefix, up to its next appearance. */
const splitting = (prefix: string): Mutant['wrapFor'] =>
  listingAs((all) => all.map((one) => ({ ...one, name: (prefix + one.name).split(prefix)[1] ?? '' })))

/** Backends that take a name for another one beside it. */
export const besideMutants: readonly Mutant[] = [
  ...['/', ':', '.'].flatMap((sign) => [
    mutant(
      `keeps a free name for those who wait for a name below it, after ${JSON.stringify(sign)}`,
      'names/beside-lines',
      refusing(
        (kit, { name }, others) =>
          isFree(kit, name) && others.some((other) => other.startsWith(name + sign) && isWaitedFor(kit, other)),
      ),
    ),
    mutant(
      `keeps a free name for those who wait for a name above it, before ${JSON.stringify(sign)}`,
      'names/beside-lines',
      refusing(
        (kit, { name }, others) =>
          isFree(kit, name) && others.some((other) => name.startsWith(other + sign) && isWaitedFor(kit, other)),
      ),
    ),
  ]),
  mutant(
    'counts the permits of names together that differ by the case of letters',
    'names/shared',
    counting((name) => name.toLowerCase()),
  ),
  mutant(
    'counts the permits of names together that are the same when normalised',
    'names/shared',
    counting((name) => name.normalize('NFKC')),
  ),
  ...[':', '/', ''].map((sign) =>
    mutant(
      `answers a batch by names and owners, joined by ${JSON.stringify(sign)}`,
      'batches/joined',
      answeringBy(sign),
    ),
  ),
  ...['lock:', PREFIX].map((prefix) =>
    mutant(`lists names cut where they contain the prefix ${prefix}`, 'list/names', splitting(prefix)),
  ),
]
