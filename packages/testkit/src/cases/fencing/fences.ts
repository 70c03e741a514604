import type { ConformanceCase } from '../../suite/case.js'
import { fenceOf, expectGranted, expectThat, expectSame } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** Fences grow with every grant of a name and with nothing else. */
export const fences: readonly ConformanceCase[] = [
  {
    id: 'fences/number',
    title: 'a grant carries a fence, a positive safe integer',
    requires: ['fencing'],
    run: async ({ a, b, named, claim }) => {
      fenceOf(await expectGranted(a, claim(), 'nobody holds the name'))
      fenceOf(await expectGranted(b, claim({ name: named('/2') }), 'nobody holds the name'))
    },
  },
  {
    id: 'fences/release',
    title: 'fences increase from grant to grant, also when the name was free in between',
    requires: ['fencing'],
    run: (world) =>
      increasing(world, LONG_MS, async ({ a, name }, owner) => {
        await a.release({ name, owner })
      }),
  },
  {
    id: 'fences/expiry',
    title: 'fences increase over an expired lease',
    requires: ['fencing'],
    run: (world) =>
      increasing(world, world.ms(60), async ({ outlive, ms }) => {
        await outlive(ms(60))
      }),
  },
  {
    id: 'fences/handles',
    title: 'fences increase in grant order over both handles',
    requires: ['fencing'],
    run: async ({ a, b, name, claim }) => {
      let last = 0
      for (const handle of [a, a, a, b, a, b, b, a]) {
        const mine = claim()
        const fence = fenceOf(await expectGranted(handle, mine, 'nobody holds the name'))
        expectThat(fence > last, `a fence after ${last} is higher, whichever handle it is granted through`, fence)
        last = fence
        await handle.release({ name, owner: mine.owner })
      }
    },
  },
  {
    id: 'fences/many',
    title: 'a hundred grants in a row have a hundred increasing fences',
    requires: ['fencing'],
    run: async ({ a, name, claim }) => {
      let last = 0
      for (let round = 0; round < 100; round++) {
        const mine = claim()
        const fence = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
        expectThat(fence > last, `the fence of grant ${round + 1} is higher than ${last}`, fence)
        last = fence
        await a.release({ name, owner: mine.owner })
      }
    },
  },
  {
    id: 'fences/extend',
    title: 'an extend answers no fence and changes none',
    requires: ['fencing'],
    run: async ({ a, name, claim }) => {
      const mine = claim()
      const fence = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
      for (const outcome of [...(await a.extend([mine])), ...(await a.extend([mine]))]) {
        expectSame('fence' in outcome ? outcome.fence : 'none', null, 'the fence in the answer to an extend')
      }
      expectSame(fenceOf(await expectGranted(a, mine, 'a repeated claim')), fence, 'the fence after two extends')
      expectSame((await a.inspect(name))?.holders[0]?.fence, fence, 'the fence that inspect shows after two extends')
    },
  },
  {
    id: 'fences/inspect',
    title: 'inspect shows the fence of the grant',
    requires: ['fencing'],
    run: async ({ a, b, name, claim }) => {
      for (const handle of [a, b]) {
        const mine = claim()
        const { fence } = await expectGranted(handle, mine, 'nobody holds the name')
        expectSame((await b.inspect(name))?.holders[0]?.fence, fence, 'the fence that inspect shows')
        await a.release({ name, owner: mine.owner })
      }
    },
  },
  {
    id: 'fences/shared',
    title: 'shared grants have increasing fences of their own',
    requires: ['fencing', 'shared'],
    run: async ({ a, b, name, claim }) => {
      let last = 0
      const seen: string[] = []
      for (const handle of [a, b, b, a]) {
        const reader = claim({ mode: 'shared', limit: Infinity })
        const fence = fenceOf(await expectGranted(handle, reader, 'only readers'))
        expectThat(fence > last, `the fence of a reader after ${last} is higher`, fence)
        last = fence
        seen.push(`${reader.owner} ${fence}`)
      }
      const holders = (await a.inspect(name))?.holders ?? []
      const shown = holders.map((holder) => `${holder.owner} ${holder.fence}`)
      expectSame(shown.toSorted(), seen.toSorted(), 'the fence that inspect shows for each reader')
    },
  },
]

/** Grants four leases one after another, each ended by `end`, and compares their fences. */
async function increasing(
  world: World,
  ttlMs: number,
  end: (world: World, owner: string) => Promise<void>,
): Promise<void> {
  let last = 0
  for (const handle of [world.a, world.b, world.b, world.a]) {
    const mine = world.claim({ ttlMs })
    const fence = fenceOf(await expectGranted(handle, mine, 'nobody holds the name'))
    expectThat(fence > last, `the fence after ${last} is higher`, fence)
    last = fence
    await end(world, mine.owner)
  }
}
