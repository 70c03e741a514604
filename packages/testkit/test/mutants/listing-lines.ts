import type { Inspection, Waiter } from '@holdfast/core'
import { isForeign, type Kit } from '../reference.js'
import { type Mutant, mutant, roomOf } from './mutant.js'
import { everything, listingAs, pagesOf } from './listing.js'

const eachLine = (change: (line: readonly Waiter[], one: Inspection) => readonly Waiter[]): Mutant['wrapFor'] =>
  listingAs((all) => all.map((one) => ({ ...one, line: change(one.line ?? [], one) })))

/** The entries of a text in which the owners are joined by commas. */
function apart<T extends { readonly owner: string }>(all: readonly T[], entry: (like: T, owner: string) => T): T[] {
  const [like] = all
  if (like === undefined) return []
  const owners = all
    .map(({ owner }) => owner)
    .join(',')
    .split(',')
  return owners.map((owner, index) => entry(all[index] ?? like, owner))
}

/** Changes the list by the content of the store. */
function listingBy(change: (all: readonly Inspection[], kit: Kit) => readonly Inspection[]): Mutant['wrapFor'] {
  return (kit) => (inner) => ({
    ...inner,
    async *list() {
      yield* change(await everything(inner), kit)
    },
  })
}

export const listLineMutants: readonly Mutant[] = [
  mutant(
    'lists nobody who waits',
    'list/line',
    eachLine(() => []),
  ),
  mutant(
    'lists who waits from a text in which the owners are joined by commas',
    'list/line',
    eachLine((line) => apart(line, (each, owner) => ({ ...each, owner }))),
  ),
  mutant(
    'lists who waits from lines of a text',
    'list/line',
    eachLine((line) => line.map((each) => ({ ...each, owner: each.owner.split(/[\r\n]/)[0] ?? '' }))),
  ),
  mutant('counts who waits by the commas between them', 'list/line', (kit) => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      const { line } = roomOf(kit, name)
      const commas = line
        .map(({ claim }) => claim.owner)
        .join(',')
        .split(',').length
      return seen === null ? null : { ...seen, waiting: line.length === 0 ? 0 : commas }
    },
  })),
  mutant(
    'lists those who share a name from a text in which the owners are joined by commas',
    'list/shared',
    listingAs((all) =>
      all.map((one) => ({ ...one, holders: apart(one.holders, (each, owner) => ({ ...each, owner })) })),
    ),
  ),
  mutant(
    'lists the line from its end',
    'list/line',
    eachLine((line) => line.toReversed()),
  ),
  mutant('lists the line by the last claim of each', 'list/line', () => {
    const claims: string[] = []
    const last = ({ owner }: Waiter): number => claims.lastIndexOf(owner)
    return (inner) => ({
      ...inner,
      acquire: (claim) => {
        claims.push(claim.owner)
        return inner.acquire(claim)
      },
      async *list() {
        for (const one of await everything(inner)) {
          yield { ...one, line: one.line?.toSorted((waiter, other) => last(waiter) - last(other)) ?? [] }
        }
      },
    })
  }),
  mutant(
    'lists a name once for who holds it and once for who waits',
    'list/line',
    listingAs((all) => all.flatMap((one) => (one.line?.length ? [one, { ...one, holders: [] }] : [one]))),
  ),
  mutant(
    'lists how many wait and means all who ever did',
    'list/line-living',
    listingBy((all, kit) => all.map((one) => ({ ...one, waiting: roomOf(kit, one.name).line.length }))),
  ),
  mutant(
    'lists the dead among those who wait',
    'list/line-living',
    listingBy((all, kit) =>
      all.map((one) => {
        const line = roomOf(kit, one.name).line.map(({ claim: { owner, mode } }) => ({ owner, mode }))
        return { ...one, waiting: line.length, line }
      }),
    ),
  ),
  mutant(
    'lists everybody who waits as one who would exclude all others',
    'list/line-modes',
    eachLine((line) => line.map((waiter) => ({ ...waiter, mode: 'exclusive' }))),
  ),
  mutant(
    'lists the mode of who holds for those who wait',
    'list/line-modes',
    eachLine((line, { mode }) => line.map((waiter) => ({ ...waiter, mode }))),
  ),
  mutant(
    'lists only what is held',
    'list/waited-for',
    listingAs((all) => all.filter(({ holders }) => holders.length > 0)),
  ),
  mutant(
    'lists what is only waited for if its name has no braces',
    'list/waited-for',
    listingAs((all) => all.filter(({ name, holders }) => holders.length > 0 || !/[{}]/.test(name))),
  ),
  mutant(
    'counts waiters, not names, for the pages of its list',
    'list/long-line',
    pagesOf(200, ({ holders, waiting }) => holders.length + (waiting ?? 0)),
  ),
  mutant('lists what nobody waits for any more', 'list/free-line', (kit) => (inner) => ({
    ...inner,
    async *list() {
      yield* await everything(inner)
      for (const [name, { holders, line }] of kit.store.names) {
        const over = [...holders.values(), ...line].every(({ expiresAt }) => expiresAt <= kit.clock.now())
        if (over) yield { name, mode: 'exclusive', holders: [], waiting: 0, line: [] }
      }
    },
  })),
  mutant('keeps the places that it lists', 'list/keeps-no-place', (kit) => (inner) => ({
    ...inner,
    async *list() {
      for (const one of await everything(inner)) {
        for (const place of roomOf(kit, one.name).line) place.expiresAt = kit.clock.now() + 60_000
        yield one
      }
    },
  })),
  mutant(
    'lists nothing foreign',
    'list/foreign',
    listingBy((all, kit) => all.filter(({ name }) => !isForeign(kit, name))),
  ),
  mutant(
    'lists foreign values without showing them',
    'list/foreign',
    listingBy((all, kit) =>
      all.map((one) => ({
        ...one,
        holders: one.holders.map((holder) => (isForeign(kit, one.name) ? { ...holder, owner: '' } : holder)),
      })),
    ),
  ),
  mutant(
    'lists keys of another type',
    'list/other-type',
    listingBy((all, { oddities }) => {
      const holders = [{ owner: '', remainingMs: null, fence: null }]
      return [...all, ...[...oddities].map((name) => ({ name, mode: 'exclusive' as const, holders, waiting: 0 }))]
    }),
  ),
  mutant(
    'stops listing when it meets a key of another type',
    'list/other-type',
    listingBy((all, { oddities }) => (oddities.size > 0 ? [] : all)),
  ),
  mutant(
    'lists the first 20 of a line',
    'list/long-line',
    eachLine((line) => line.slice(0, 20)),
  ),
]
