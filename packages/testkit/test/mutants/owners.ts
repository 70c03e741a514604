import type { Ownership } from '@holdfast/core'
import { type Mutant, mutant, reowning, roomOf, showing } from './mutant.js'

/** Takes two owners for one when `same` says so. */
const likening =
  (same: (asked: string, held: string) => boolean): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => {
    const known = <T extends Ownership>(asked: T): T => {
      const { holders } = roomOf(kit, asked.name)
      const owner = holders.has(asked.owner) ? undefined : [...holders.keys()].find((held) => same(asked.owner, held))
      return owner === undefined ? asked : { ...asked, owner }
    }
    return {
      ...inner,
      acquire: (claim) => inner.acquire(known(claim)),
      extend: (claims) => inner.extend(claims.map(known)),
      release: (ownership) => inner.release(known(ownership)),
    }
  }

/** `LIKE` of SQL: an underscore is any character, a percent sign any text. */
function isLike(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('_', '.').replaceAll('%', '.*')}$`, 'su').test(text)
}

/** Collations that make two texts equal. Each function answers the text that the collation compares. */
const collations = {
  'takes all characters beyond the first plane for one in owners': (owner: string) =>
    owner.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?'),
  'compares owners without their accents': (owner: string) => owner.normalize('NFD').replaceAll(/\p{M}/gu, ''),
  'compares owners without characters that cannot be seen': (owner: string) => owner.replaceAll(/\p{Cf}/gu, ''),
}

/** Makes one verb look the owner up by a pattern. */
const patterning =
  (verb: 'acquire' | 'extend' | 'release'): Mutant['wrapFor'] =>
  (kit) =>
  (inner, index) => ({ ...inner, [verb]: likening(isLike)(kit)(inner, index)[verb] })

export const ownerMutants: readonly Mutant[] = [
  mutant(
    'compares owners as numbers where they look like numbers',
    'owners/look-alikes',
    reowning((owner) => (owner.trim() === '' || Number.isNaN(Number(owner)) ? owner : String(Number(owner)))),
  ),
  mutant('stores owners as JSON without quoting them', 'owners/look-alikes', reowning(reparsed)),
  mutant('reads the owner "null" as nobody', 'owners/look-alikes', () => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      return seen?.holders.some((holder) => holder.owner === 'null') ? null : seen
    },
  })),
  mutant(
    'trims owners',
    'owners/near',
    reowning((owner) => owner.trim()),
  ),
  mutant(
    'ignores the case of owners',
    'owners/near',
    reowning((owner) => owner.toLowerCase()),
  ),
  mutant(
    'compares only the label of owners',
    'owners/near',
    reowning((owner) => owner.split('~')[0] ?? ''),
  ),
  mutant(
    'cuts owners to 128 characters',
    'owners/unicode',
    reowning((owner) => owner.slice(0, 128)),
  ),
  mutant(
    'cuts owners to 512 characters',
    'owners/unicode',
    reowning((owner) => owner.slice(0, 512)),
  ),
  mutant(
    'cuts the owners of readers at a line break, where it shows them',
    'owners/shared',
    showing((seen) =>
      seen.mode === 'exclusive'
        ? seen
        : { ...seen, holders: seen.holders.map((each) => ({ ...each, owner: each.owner.split('\n')[0] ?? '' })) },
    ),
  ),
  mutant(
    'normalises owners',
    'owners/unicode',
    reowning((owner) => owner.normalize('NFC')),
  ),
  mutant(
    'stores owners in Latin-1',
    'owners/unicode',
    reowning((owner) => owner.replaceAll(/[^\0-\xff]/g, '?')),
  ),
  ...(['acquire', 'extend', 'release'] as const).map((verb) =>
    mutant(`finds the holder by LIKE when it is to ${verb}`, 'owners/patterns', patterning(verb)),
  ),
  ...Object.entries(collations).map(([wrong, text]) =>
    mutant(
      wrong,
      'owners/unicode',
      likening((asked, held) => text(asked) === text(held)),
    ),
  ),
  mutant(
    'ends owners at NUL',
    'owners/unicode',
    reowning((owner) => owner.split('\0')[0] ?? ''),
  ),
]

function reparsed(owner: string): string {
  try {
    return JSON.stringify(JSON.parse(owner))
  } catch {
    return owner
  }
}
