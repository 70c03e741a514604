import type { ConformanceCase } from '../../suite/case.js'
import {
  expectFree,
  expectGranted,
  expectHeldBy,
  expectRefused,
  expectSame,
  expectThat,
  fenceOf,
} from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { collision, shortHashes } from './hashes.js'

const TOGETHER = 50
// The function of the platform, taken before a target can replace the globals.
const { setImmediate } = globalThis
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
/** Pairs of ends of names that a store could take for one name, or for a pattern that matches both. */
const ALIKE: readonly (readonly [string, string])[] = [
  ...([
    ['*', 'x'],
    ['?', 'x'],
    ['[xy]', 'x'],
    ['%', 'x'],
    ['_', 'x'],
    ['.*', '.x'],
  ] as const),
  ...([
    ['Case', 'case'],
    ['é', 'e\u0301'],
    ['name', 'name '],
    ['%41', 'A'],
    ['a:b', 'a'],
    ['a', 'a/b'],
  ] as const),
  [`${'.'.repeat(300)}1`, `${'.'.repeat(300)}2`],
]

/** Different names are different locks, however many there are and however alike. */
export const manyNames: readonly ConformanceCase[] = [
  {
    id: 'names/alike',
    title: 'nothing that is done to one name is done to another one that looks like it',
    run: async ({ a, b, claim, named }) => {
      for (const [index, pair] of [...ALIKE, ...ALIKE.map(([one, other]) => [other, one] as const)].entries()) {
        const [one, other] = pair.map((end) => named(`/${index}/${end}`))
        if (one === undefined || other === undefined) continue
        const [mine, its] = [claim({ name: one }), claim({ name: other })]
        await expectGranted(a, its, 'nobody holds the name')
        await expectGranted(b, mine, 'only a name that looks like it is held')
        expectSame(await b.evict(one), true, 'evict of a held name')
        await expectHeldBy(a, other, [its.owner], `evict of ${JSON.stringify(one)}`)
        await expectGranted(b, { ...mine, steal: true }, 'the name was evicted')
        await b.release({ name: one, owner: mine.owner })
        await expectHeldBy(b, other, [its.owner], `a steal and a release of ${JSON.stringify(one)}`)
        await expectFree(a, one, 'the name was released')
      }
    },
  },
  {
    id: 'names/hashed',
    title: 'names with the same short hash are different locks',
    run: async ({ a, b, claim, name, named }) => {
      for (const [index, [hash, of]] of Object.entries(shortHashes).entries()) {
        // A search takes long, and a backend in memory may answer without leaving the turn of the event loop: a process
        // that never comes to its next turn is taken for one that hangs.
        await nextTurn()
        const ends = collision(`${name}/${index}/`, of)
        if (ends === null) continue
        const [first, second] = ends.map((end) => claim({ name: named(`/${index}/${end}`) }))
        if (first === undefined || second === undefined) continue
        await expectGranted(a, first, 'nobody holds the name')
        await expectGranted(b, second, `only a name with the same hash (${hash}) is held`)
        expectSame(
          await a.release({ name: first.name, owner: second.owner }),
          'not-held',
          'release by the owner of the other name',
        )
      }
    },
  },
  {
    id: 'names/thousand',
    title: 'a thousand names are held by a thousand owners, and each fence is higher than the one before',
    run: async ({ a, b, claim, name, named }) => {
      const { fencing } = a.capabilities
      const mine = claim()
      const before = await expectGranted(a, mine, 'nobody holds the name')
      await a.release({ name, owner: mine.owner })
      const claims = Array.from({ length: 1_000 }, (_, index) => claim({ name: named(`/${index}`) }))
      await inPortions(claims, (one, index) => expectGranted(index % 10 ? a : b, one, 'nobody holds the name'))
      const lost: string[] = []
      for (let from = 0; from < claims.length; from += TOGETHER) {
        const some = claims.slice(from, from + TOGETHER)
        const outcomes = await b.extend(some)
        some.forEach((one, index) => {
          if (outcomes[index]?.status !== 'extended') lost.push(one.name)
        })
      }
      expectSame(lost, [], 'which of a thousand leases are lost')
      await expectRefused(b, claim({ name: named('/0') }), 'the first of a thousand names is held')
      const after = await expectGranted(b, claim(), 'the name was released')
      if (!fencing) return
      const least = fenceOf(before)
      expectThat(fenceOf(after) > least, `the fence after ${least}, when a thousand other names were held`, after)
    },
  },
]
