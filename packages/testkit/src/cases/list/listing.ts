import type { Inspection } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectThat, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** More holds or waiters than a store is likely to read at once. */
export const MANY = 230

/** Labels of owners with the signs by which a store may join several owners to one text. */
export const ODD_LABELS: readonly string[] = ['web,eu', 'a;b|c', '{x,"y"}', ' a\tb', 'a\r\nb', 'a\0b', "\\'", '日本:~']

const THEIRS = 'a value of somebody else'

/** All names of the store. Other entries than the case's own are ignored. */
export const listing: readonly ConformanceCase[] = [
  {
    id: 'list/nothing',
    title: 'while nothing is held nothing is listed',
    requires: ['list'],
    // The leases of other cases would be listed.
    alone: true,
    run: async (world) => {
      const { a, b, name, claim } = world
      const mine = claim()
      const shown = async (): Promise<readonly number[]> => [
        (await listed(world, a)).length,
        (await listed(world, b)).length,
      ]
      expectSame(await shown(), [0, 0], 'how often both handles list a name that was never held')
      await expectGranted(a, mine, 'nobody holds the name')
      expectSame(await shown(), [1, 1], 'how often both handles list a name that is held')
      await a.release({ name, owner: mine.owner })
      expectSame(await shown(), [0, 0], 'how often both handles list the only name that was held')
    },
  },
  {
    id: 'list/all',
    title: 'everything held is listed once, as inspect shows it, through both handles',
    requires: ['list'],
    run: async (world) => {
      const { a, b, named, claim } = world
      const claims = Array.from({ length: 70 }, (_, index) => claim({ name: named(`/${index}`) }))
      await inPortions(claims, (each) => expectGranted(a, each, 'a free name'))
      const expected = claims.map(({ name, owner }) => `${name} exclusive ${owner}`).toSorted()
      for (const handle of [a, b]) {
        const seen = (await listed(world, handle)).map(
          ({ name, mode, holders }) => `${name} ${mode} ${holders.map((holder) => holder.owner).join()}`,
        )
        expectSame(seen.length, expected.length, 'how many of 70 held names are listed')
        const missing = expected.filter((line) => !seen.includes(line))
        expectSame(missing, [], 'held names that are not listed as they are held')
      }
    },
  },
  {
    id: 'list/free',
    title: 'nothing released, evicted or expired is listed',
    requires: ['list'],
    run: async (world) => {
      const { a, named, claim, ms, outlive } = world
      const [released, evicted] = [claim({ name: named('/released') }), claim({ name: named('/evicted') })]
      const expired = claim({ name: named('/expired'), ttlMs: ms(100) })
      const held = claim({ name: named('/held') })
      for (const each of [released, evicted, expired, held]) await expectGranted(a, each, 'a free name')
      await a.release({ name: released.name, owner: released.owner })
      await a.evict(evicted.name)
      await outlive(expired.ttlMs)
      expectSame(
        (await listed(world, a)).map(({ name }) => name),
        [held.name],
        'what is listed of a released, an evicted, an expired and a held name',
      )
    },
  },
  {
    id: 'list/details',
    title: 'what is listed carries time and fence like an inspection',
    requires: ['list'],
    run: async (world) => {
      const { a, b, claim } = world
      const mine = claim()
      const { fence } = await expectGranted(a, mine, 'nobody holds the name')
      const [seen] = await listed(world, b)
      const [holder] = seen?.holders ?? []
      const remainingMs = holder?.remainingMs ?? 0
      expectThat(remainingMs > mine.ttlMs / 2 && remainingMs <= mine.ttlMs, `what remains of ${mine.ttlMs} ms`, seen)
      expectSame(holder?.fence, fence, 'the fence that the list shows')
    },
  },
  {
    id: 'list/changes-nothing',
    title: 'listing neither ends nor prolongs a lease',
    requires: ['list'],
    run: async (world) => {
      const { a, b, named, claim, ms, outlive } = world
      const short = claim({ name: named('/short'), ttlMs: ms(150) })
      const long = claim({ name: named('/long') })
      await expectGranted(a, long, 'a free name')
      await expectGranted(a, short, 'a free name')
      await listed(world, b)
      await outlive(short.ttlMs)
      expectSame(await a.inspect(short.name), null, 'inspect of an expired lease that was listed')
      await expectHeldBy(a, long.name, [long.owner], 'a lease that was listed')
    },
  },
  {
    id: 'list/names',
    title: 'names are listed exactly as they were given',
    requires: ['list'],
    run: async (world) => {
      const { a, b, named, claim, prefix } = world
      const names = ['é', 'e\u0301', '\r\n', '\0', '{x}', '}{', '%41', '🔒', ' ', ':fence'].map(named)
      names.push(...['*', '?', '[a]', '[^a]', ']', '^', '\\', '\\*', '{*}'].map(named))
      // A store may look for a prefix of its own anywhere in a key.
      const parts = ['lock:', ':lock:', 'locks:', 'holder:', 'holdfast:', 'wait:', ':line', prefix]
      names.push(...[...new Set(parts)].flatMap((part) => [named(`/${part}x`), named(`${part}${part}`)]))
      await inPortions(names, (name) => expectGranted(a, claim({ name }), 'a free name'))
      const seen = (await listed(world, b)).map(({ name }) => name)
      expectSame(seen.toSorted(), names.toSorted(), 'listed names')
    },
  },
  {
    id: 'list/foreign',
    title: 'a foreign value is listed as a holder, with its end or without one, and stays as it is',
    requires: ['list', 'foreign'],
    run: async (world) => {
      const { a, b, name, named, foreign } = world
      await foreign.plant(name, THEIRS, null)
      await foreign.plant(named('/2'), THEIRS, LONG_MS)
      for (const handle of [a, b]) {
        const seen = (await listed(world, handle)).toSorted((one, other) => one.name.length - other.name.length)
        const owners = seen.map((one) => [one.name, one.mode, one.holders.map(({ owner, fence }) => [owner, fence])])
        const theirs = [[THEIRS, null]]
        const expected = [name, named('/2')].map((each) => [each, 'exclusive', theirs])
        expectSame(owners, expected, 'names, modes, owners and fences of two foreign values')
        const [endless, ending] = seen.map((one) => one.holders[0]?.remainingMs)
        expectSame(endless, null, 'what remains of a foreign value without an end')
        const left = ending ?? 0
        expectThat(left > LONG_MS / 2 && left <= LONG_MS, 'what remains of a foreign value with an end', ending)
      }
      expectSame(await foreign.readRaw(name), THEIRS, 'a foreign value that was listed')
      await foreign.remove(name)
    },
  },
  {
    id: 'list/other-type',
    title: 'a key of another type is not listed, and hides nothing else',
    requires: ['list', 'otherType'],
    run: async (world) => {
      const { a, b, name, named, claim, foreign } = world
      const mine = claim({ name: named('/mine') })
      await foreign.plantOtherType?.(name)
      await expectGranted(a, mine, 'nobody holds the name')
      const seen = await listed(world, b)
      await foreign.remove(name)
      expectSame(
        seen.map((one) => one.name),
        [mine.name],
        'what is listed of a lease and a key of another type',
      )
    },
  },
  {
    id: 'list/shared',
    title: 'a shared name is listed once with all of its holders',
    requires: ['list', 'shared'],
    run: async (world) => {
      const { a, b, name, claim } = world
      const readers = ['case', ...ODD_LABELS].map((label) =>
        claim({ owner: world.owner(label), mode: 'shared', limit: Infinity }),
      )
      for (const reader of readers) await expectGranted(a, reader, 'only readers')
      const seen = await listed(world, b)
      expectSame(
        seen.map((one) => [one.name, one.mode, one.holders.map(({ owner }) => owner).toSorted()]),
        [[name, 'shared', readers.map(({ owner }) => owner).toSorted()]],
        `the list of a name with ${readers.length} readers`,
      )
    },
  },
  {
    id: 'list/many-readers',
    title: 'a name with many readers hides no other name from the list',
    requires: ['list', 'shared'],
    run: async (world) => {
      const { a, b, named, claim } = world
      const names = [named('/1'), named('/2'), named('/3')] as const
      const readers = Array.from({ length: MANY }, () => claim({ name: names[1], mode: 'shared', limit: Infinity }))
      await inPortions(readers, (each) => expectGranted(a, each, 'only readers'))
      for (const name of [names[0], names[2]]) await expectGranted(b, claim({ name }), 'a free name')
      const seen = await listed(world, a)
      expectSame(seen.map(({ name }) => name).toSorted(), names, `names, with ${MANY} readers of one of them`)
      const shown = seen.find(({ name }) => name === names[1])?.holders.map(({ owner }) => owner)
      expectSame(shown?.toSorted(), readers.map(({ owner }) => owner).toSorted(), 'the readers')
    },
  },
]

/** The entries of the list for the names of this case. */
export async function listed({ names }: World, handle: World['a']): Promise<readonly Inspection[]> {
  const seen: Inspection[] = []
  if (handle.list === undefined) throw new TypeError('the backend has no list, although its capabilities say so')
  for await (const inspection of handle.list()) if (names.has(inspection.name)) seen.push(inspection)
  return seen
}
