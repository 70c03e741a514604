import type { Ownership } from '@holdfast/core'
import { type Mutant, mutant, renaming } from './mutant.js'

/** Finds a lease by its name and its owner, joined by `sign`, the owner first or last. */
const joining =
  (sign: string, ownerFirst: boolean): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => {
    const join = ({ name, owner }: Ownership): string => (ownerFirst ? [owner, name] : [name, owner]).join(sign)
    const found = <T extends Ownership>(asked: T): T => {
      if (kit.store.names.get(asked.name)?.holders.has(asked.owner) === true) return asked
      for (const [name, { holders }] of kit.store.names)
        for (const owner of holders.keys()) if (join({ name, owner }) === join(asked)) return { ...asked, name, owner }
      return asked
    }
    return {
      ...inner,
      extend: (claims) => inner.extend(claims.map(found)),
      release: (ownership) => inner.release(found(ownership)),
    }
  }

export const nameMutants: readonly Mutant[] = [
  ...[':fence', ':line', ':holders', '-lock', '/queue'].map((suffix) =>
    mutant(`keeps its own record of a name at <name>${suffix}`, 'names/side-keys', () => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (outcome.acquired && !claim.name.endsWith(suffix)) {
          await inner.acquire({ ...claim, name: claim.name + suffix, owner: 'record', mode: 'exclusive', limit: 1 })
        }
        return outcome
      },
    })),
  ),
  mutant('keeps its own record of a name at {<name>}:fence', 'names/side-keys', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const outcome = await inner.acquire(claim)
      if (outcome.acquired && !claim.name.startsWith('{')) {
        await inner.acquire({ ...claim, name: `{${claim.name}}:fence`, owner: 'record', mode: 'exclusive', limit: 1 })
      }
      return outcome
    },
  })),
  mutant(
    'drops braces from names',
    'names/braces',
    renaming((name) => name.replaceAll(/[{}]/g, '')),
  ),
  mutant(
    'takes the hash tag of a name for the name',
    'names/braces',
    renaming((name) => /\{([^}]+)\}/.exec(name)?.[1] ?? name),
  ),
  mutant(
    'puts braces around names that have none',
    'names/braces',
    renaming((name) => (/\{.+\}/.test(name) ? name : `{${name}}`)),
  ),
  mutant('decodes percent signs in names', 'names/escapes', renaming(decoded)),
  mutant(
    'encodes names for a URL and takes the blank for a plus',
    'names/escapes',
    renaming((name) => name.replaceAll(' ', '+')),
  ),
  mutant(
    'resolves names like paths',
    'names/escapes',
    renaming((name) => name.replace(/\/\.$/, '/').replace(/\/+/g, '/')),
  ),
  mutant(
    'ends names at NUL',
    'names/controls',
    renaming((name) => name.split('\0')[0] ?? ''),
  ),
  mutant(
    'makes one blank of line ends in names',
    'names/controls',
    renaming((name) => name.replaceAll(/\r\n|\r|\n/g, ' ')),
  ),
  mutant(
    'normalises names (NFC)',
    'names/unicode',
    renaming((name) => name.normalize('NFC')),
  ),
  mutant(
    'normalises names (NFKD)',
    'names/unicode',
    renaming((name) => name.normalize('NFKD')),
  ),
  mutant(
    'takes katakana for hiragana in names',
    'names/unicode',
    renaming((name) => name.replaceAll(/[\u30a1-\u30f6]/g, (sign) => String.fromCodePoint(sign.charCodeAt(0) - 0x60))),
  ),
  mutant(
    'stores names in Latin-1',
    'names/unicode',
    renaming((name) => name.replaceAll(/[^\0-\xff]/gu, '?')),
  ),
  mutant(
    'cuts names apart inside a surrogate pair',
    'names/unicode',
    renaming((name) => name.replaceAll(/[\udc00-\udfff]/g, '')),
  ),
  mutant(
    'trims names',
    'names/blanks',
    renaming((name) => name.trim()),
  ),
  mutant(
    'ignores the case of names',
    'names/blanks',
    renaming((name) => name.toLowerCase()),
  ),
  mutant(
    'cuts names to 255 characters',
    'names/longest',
    renaming((name) => name.slice(0, 255)),
  ),
  mutant(
    'cuts names to 1023 characters',
    'names/longest',
    renaming((name) => name.slice(0, 1023)),
  ),
  mutant(
    'compares names as numbers where they look like numbers',
    'names/numbers',
    renaming((name) => (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(name) ? String(Number(name)) : name)),
  ),
  mutant(
    'takes whole numbers without the zeros before them for the names',
    'names/numbers',
    renaming((name) => (/^\d+$/.test(name) ? String(BigInt(name)) : name)),
  ),
  ...[':', '/', '|', '\0', ''].flatMap((sign) =>
    [false, true].map((ownerFirst) =>
      mutant(
        `finds a lease by ${ownerFirst ? 'owner and name' : 'name and owner'}, joined by ${JSON.stringify(sign)}`,
        'names/beside-owners',
        joining(sign, ownerFirst),
      ),
    ),
  ),
  mutant('keeps its leases in a plain object', 'names/object-members', () => (inner) => ({
    ...inner,
    acquire: async (claim) =>
      claim.name in {} ? { acquired: false, retryAfterMs: null, ahead: null } : inner.acquire(claim),
  })),
  mutant('tells the key in place of the name', 'names/blanks', () => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      return seen === null ? null : { ...seen, name: `lock:${seen.name}` }
    },
  })),
]

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
