import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, keeps, same } from '../expect.js'
import { LONG_MS, type World } from '../world.js'

/** Fences grow with every grant of a name and with nothing else. */
export const fences: readonly ConformanceCase[] = [
  {
    id: 'fences/number',
    title: 'a grant carries a fence, a positive safe integer',
    requires: ['fencing'],
    run: async ({ a, b, named, wish }) => {
      fenceOf(await granted(a, wish(), 'nobody holds the name'))
      fenceOf(await granted(b, wish({ name: named('/2') }), 'nobody holds the name'))
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
    run: async ({ a, b, name, wish }) => {
      let last = 0
      for (const handle of [a, a, a, b, a, b, b, a]) {
        const mine = wish()
        const fence = fenceOf(await granted(handle, mine, 'nobody holds the name'))
        keeps(fence > last, `a fence after ${last} is higher, whichever handle it is granted through`, fence)
        last = fence
        await handle.release({ name, owner: mine.owner })
      }
    },
  },
  {
    id: 'fences/many',
    title: 'a hundred grants in a row have a hundred increasing fences',
    requires: ['fencing'],
    run: async ({ a, name, wish }) => {
      let last = 0
      for (let round = 0; round < 100; round++) {
        const mine = wish()
        const fence = fenceOf(await granted(a, mine, 'nobody holds the name'))
        keeps(fence > last, `the fence of grant ${round + 1} is higher than ${last}`, fence)
        last = fence
        await a.release({ name, owner: mine.owner })
      }
    },
  },
  {
    id: 'fences/extend',
    title: 'an extend answers no fence and changes none',
    requires: ['fencing'],
    run: async ({ a, name, wish }) => {
      const mine = wish()
      const fence = fenceOf(await granted(a, mine, 'nobody holds the name'))
      for (const outcome of [...(await a.extend([mine])), ...(await a.extend([mine]))]) {
        same('fence' in outcome ? outcome.fence : 'none', null, 'the fence in the answer to an extend')
      }
      same(fenceOf(await granted(a, mine, 'a repeated claim')), fence, 'the fence after two extends')
      same((await a.inspect(name))?.holders[0]?.fence, fence, 'the fence that inspect shows after two extends')
    },
  },
  {
    id: 'fences/inspect',
    title: 'inspect shows the fence of the grant',
    requires: ['fencing'],
    run: async ({ a, b, name, wish }) => {
      for (const handle of [a, b]) {
        const mine = wish()
        const { fence } = await granted(handle, mine, 'nobody holds the name')
        same((await b.inspect(name))?.holders[0]?.fence, fence, 'the fence that inspect shows')
        await a.release({ name, owner: mine.owner })
      }
    },
  },
  {
    id: 'fences/shared',
    title: 'shared grants have increasing fences of their own',
    requires: ['fencing', 'shared'],
    run: async ({ a, b, name, wish }) => {
      let last = 0
      const seen: string[] = []
      for (const handle of [a, b, b, a]) {
        const reader = wish({ mode: 'shared', limit: Infinity })
        const fence = fenceOf(await granted(handle, reader, 'only readers'))
        keeps(fence > last, `the fence of a reader after ${last} is higher`, fence)
        last = fence
        seen.push(`${reader.owner} ${fence}`)
      }
      const holders = (await a.inspect(name))?.holders ?? []
      const shown = holders.map((holder) => `${holder.owner} ${holder.fence}`)
      same(shown.toSorted(), seen.toSorted(), 'the fence that inspect shows for each reader')
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
    const mine = world.wish({ ttlMs })
    const fence = fenceOf(await granted(handle, mine, 'nobody holds the name'))
    keeps(fence > last, `the fence after ${last} is higher`, fence)
    last = fence
    await end(world, mine.owner)
  }
}
