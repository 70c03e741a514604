import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { written } from '../../suite/show.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** Signs by which a store may put names below each other, or a place below its name. */
const SIGNS = ['/', ':', '.', '-', '_', '#', '|', ',', '~', ' ', '\0', '']

/** A store may find the waiters of a name by the beginning of their keys. */
export const otherLines: readonly ConformanceCase[] = [
  {
    id: 'names/beside-lines',
    title: 'who waits for a name waits for no other name that begins like it',
    requires: ['line'],
    run: async (world) => {
      const pairs = SIGNS.flatMap((sign, index) => {
        const [one, other] = [world.named(`/${index}/below`), world.named(`/${index}/above`)]
        return [
          { waited: world.named(`/${index}/below${sign}1`), free: one },
          { waited: other, free: world.named(`/${index}/above${sign}1`) },
        ]
      })
      await inPortions(pairs, (pair) => waitsForOne(world, pair))
    },
  },
]

interface Pair {
  readonly waited: string
  readonly free: string
}

/** Lets a claim wait for one name, and uses the other name as if nobody waited. */
async function waitsForOne({ a, b, claim }: World, { waited, free }: Pair): Promise<void> {
  const when = `somebody waits for ${written(waited)}, and nobody for ${written(free)}`
  await expectGranted(a, claim({ name: waited }), 'nobody holds the name')
  await expectRefused(b, claim({ name: waited, lineMs: LONG_MS }), 'the name is held')
  const [mine, next] = [claim({ name: free }), claim({ name: free, lineMs: LONG_MS })]
  await expectGranted(b, mine, when)
  const { ahead } = await expectRefused(a, next, 'the name is held')
  expectSame(ahead, 0, `${when}: how many stand before the first who waits for ${written(free)}`)
  expectSame((await b.inspect(waited))?.waiting, 1, `how many wait for ${written(waited)}`)
  await a.release({ name: free, owner: mine.owner })
  await expectHeldBy(b, free, [next.owner], `${when}: its holder has released ${written(free)}`)
}
