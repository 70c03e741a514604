import type { Inspection, LockBackend } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { everything, listingAs } from './listing.js'
import { gap, type Mutant, mutant, roomOf } from './mutant.js'

/** Lists the names that `namesIn` finds in the store, one after the other, while it changes. */
function listingNames(
  namesIn: (kit: Kit) => Iterable<string> | AsyncIterable<string>,
  known: () => Pick<Set<string>, 'has' | 'add'> = () => new Set(),
): Mutant['wrapFor'] {
  return (kit) => (inner) => ({
    ...inner,
    async *list() {
      const shown = known()
      for await (const name of namesIn(kit)) {
        if (shown.has(name)) continue
        shown.add(name)
        const seen = await shownBy(inner, name)
        if (seen !== null) yield seen
      }
    },
  })
}

async function shownBy(inner: LockBackend, name: string): Promise<Inspection | null> {
  const all = await everything(inner)
  return all.find((one) => one.name === name) ?? null
}

/** Reads pages of the names by their number, as they are at that moment. */
const pagesByNumber = (size: number): Mutant['wrapFor'] =>
  listingNames(async function* ({ store }) {
    for (let at = 0; at < store.names.size; at += size) {
      yield* [...store.names.keys()].slice(at, at + size)
      await gap()
    }
  })

/** Backends that lose or repeat names when there are many names, or when names change meanwhile. */
export const listManyMutants: readonly Mutant[] = [
  mutant(
    'lists 300 names at most',
    'list/many',
    listingAs((all) => all.slice(-300)),
  ),
  mutant('reads its list in pages of 10 names that it counts anew', 'list/freed-meanwhile', pagesByNumber(10)),
  mutant('reads its list in pages of 100 names that it counts anew', 'list/freed-meanwhile', pagesByNumber(100)),
  mutant(
    'lists a name again that was freed and taken again meanwhile',
    'list/taken-again-meanwhile',
    listingNames(
      ({ store }) => store.names.keys(),
      () => ({ has: () => false, add: () => new Set() }),
    ),
  ),
  mutant('lists what is held and then what is only waited for', 'list/lease-ends-meanwhile', () => (inner) => ({
    ...inner,
    async *list() {
      for (const held of [true, false])
        for await (const one of inner.list?.() ?? []) if (one.holders.length > 0 === held) yield one
    },
  })),
  mutant('lists the line by the ends of its places', 'list/line-refreshed', (kit) => (inner) => ({
    ...inner,
    async *list() {
      for (const one of await everything(inner)) {
        const { line } = roomOf(kit, one.name)
        const endOf = ({ owner }: { readonly owner: string }): number =>
          line.find(({ claim }) => claim.owner === owner)?.expiresAt ?? 0
        yield { ...one, line: one.line?.toSorted((waiter, other) => endOf(waiter) - endOf(other)) ?? [] }
      }
    },
  })),
]
