import type { Inspection, LockBackend } from '@holdfast/core'
import { endingAt, type Mutant, mutant } from './mutant.js'

export async function everything(inner: LockBackend): Promise<readonly Inspection[]> {
  const all: Inspection[] = []
  for await (const one of inner.list?.() ?? []) all.push(one)
  return all
}

/** Changes the list as a whole. */
export function listingAs(
  change: (all: readonly Inspection[], inner: LockBackend) => readonly Inspection[],
): Mutant['wrapFor'] {
  return () => (inner) => ({
    ...inner,
    async *list() {
      yield* change(await everything(inner), inner)
    },
  })
}

/** Reads the list in pages of so many rows, sorted by name, and takes a page with fewer names for the last. */
export function pagesOf(size: number, rows: (inspection: Inspection) => number): Mutant['wrapFor'] {
  return listingAs((all) => {
    const names: Inspection[] = []
    const left = all.toSorted((x, y) => (x.name < y.name ? -1 : 1))
    for (;;) {
      let read = 0
      const page = left.splice(
        0,
        Math.max(1, left.findIndex((each) => (read += rows(each)) >= size) + 1 || left.length),
      )
      names.push(...page)
      if (page.length < size) return names
    }
  })
}

export const listMutants: readonly Mutant[] = [
  mutant(
    'lists the first page only',
    'list/all',
    listingAs((all) => all.slice(0, 20)),
  ),
  mutant(
    'lists some names twice',
    'list/all',
    listingAs((all) => [...all, ...all.slice(-5)]),
  ),
  mutant(
    'lists nothing',
    ['list/all', 'list/details'],
    listingAs(() => []),
  ),
  mutant('lists only what its own handle holds', 'list/all', () => (inner, index) => ({
    ...inner,
    async *list() {
      if (index === 0) yield* await everything(inner)
    },
  })),
  mutant('lists everything that was ever held', 'list/free', () => {
    const known = new Map<string, Inspection>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        const seen = await inner.inspect(claim.name)
        if (seen !== null) known.set(claim.name, seen)
        return outcome
      },
      async *list() {
        yield* known.values()
      },
    })
  }),
  mutant(
    'lists no time',
    'list/details',
    listingAs((all) =>
      all.map((one) => ({ ...one, holders: one.holders.map((holder) => ({ ...holder, remainingMs: null })) })),
    ),
  ),
  mutant(
    'lists no fence',
    'list/details',
    listingAs((all) =>
      all.map((one) => ({ ...one, holders: one.holders.map((holder) => ({ ...holder, fence: null })) })),
    ),
  ),
  mutant('prolongs what it lists', 'list/changes-nothing', (kit) => (inner) => ({
    ...inner,
    async *list() {
      for (const one of await everything(inner)) {
        endingAt(kit, one.name, () => kit.clock.now() + 60_000)
        yield one
      }
    },
  })),
  mutant('ends what it lists', 'list/changes-nothing', () => (inner) => ({
    ...inner,
    async *list() {
      for (const one of await everything(inner)) {
        await inner.evict(one.name)
        yield one
      }
    },
  })),
  mutant(
    'lists names without their braces',
    'list/names',
    listingAs((all) => all.map((one) => ({ ...one, name: one.name.replaceAll(/[{}]/g, '') }))),
  ),
  mutant(
    'lists no name that a pattern would take for more than itself',
    'list/names',
    listingAs((all) => all.filter((one) => !/[\\*?[\]^]/.test(one.name))),
  ),
  mutant(
    'lists names decoded once too often',
    'list/names',
    listingAs((all) => all.map((one) => ({ ...one, name: one.name.replace('%41', 'A') }))),
  ),
  mutant(
    'counts holders, not names, for the pages of its list',
    'list/many-readers',
    pagesOf(200, ({ holders }) => holders.length),
  ),
  mutant(
    'lists the first 100 readers of a name',
    'list/many-readers',
    listingAs((all) => all.map((one) => ({ ...one, holders: one.holders.slice(0, 100) }))),
  ),
  mutant(
    'lists each holder of a name by itself',
    'list/shared',
    listingAs((all) => all.flatMap((one) => one.holders.map((holder) => ({ ...one, holders: [holder] })))),
  ),
]
