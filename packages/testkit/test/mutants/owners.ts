import { type Mutant, mutant, reowning, showing } from './mutant.js'

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
