import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectThat, fenceOf } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** Numbers at which a store might cut: a few thousand, and a number that does not fit in 20 bits. */
const COUNTS = [5_000, 2 ** 20 + 1]

type Fences = Required<Pick<Claim, 'name' | 'fences'>>

/** Reserves the fences, and answers the first of them and the owner that holds the name. */
type Reserve = (world: World, claim: Fences) => Promise<readonly [first: number, owner: string]>

const byGrant: Reserve = async ({ a, claim }, fences) => {
  const mine = claim(fences)
  return [fenceOf(await expectGranted(a, mine, 'nobody holds the name')), mine.owner]
}

const bySteal: Reserve = async ({ a, b, claim }, fences) => {
  const mine = claim({ ...fences, steal: true })
  await expectGranted(a, claim({ name: fences.name }), 'nobody holds the name')
  return [fenceOf(await expectGranted(b, mine, 'a claim that steals')), mine.owner]
}

const byExtend: Reserve = async ({ a, claim }, fences) => {
  const mine = claim({ name: fences.name })
  await expectGranted(a, mine, 'nobody holds the name')
  const [outcome] = await a.extend([{ ...mine, ...fences }])
  const fence = outcome?.status === 'extended' ? outcome.fence : null
  return [fenceOf({ fence }), mine.owner]
}

const byLine: Reserve = async ({ a, b, claim }, fences) => {
  const [first, mine] = [claim({ name: fences.name }), claim({ ...fences, lineMs: LONG_MS })]
  await expectGranted(a, first, 'nobody holds the name')
  await b.acquire(mine)
  await a.release({ name: first.name, owner: first.owner })
  return [fenceOf(await expectGranted(b, mine, 'the head of the line confirms')), mine.owner]
}

/** However many fences are reserved, the next grant has a higher one than all of them. */
export const manyFences: readonly ConformanceCase[] = [
  {
    id: 'fence-reserves/many',
    title: 'each of a million fences that a grant, a steal or an extend reserves is lower than that of the next grant',
    requires: ['fencing'],
    run: async (world) => {
      for (const [way, reserve] of Object.entries({ grant: byGrant, steal: bySteal, extend: byExtend }))
        await reserving(world, way, reserve)
    },
  },
  {
    id: 'fence-reserves/many-in-line',
    title: 'each of a million fences that a grant from the line reserves is lower than that of the next grant',
    requires: ['fencing', 'line'],
    run: (world) => reserving(world, 'grant from the line', byLine),
  },
]

async function reserving(world: World, way: string, reserve: Reserve): Promise<void> {
  // The reservations are made one after the other: beside other reservations, a store with one count for all names
  // would have reserved enough.
  for (const fences of COUNTS) {
    const name = world.named(`/${way}/${fences}`)
    const [first, owner] = await reserve(world, { name, fences })
    await world.b.release({ name, owner })
    const next = await nextFence(world.a, world.claim({ name }))
    const promise = `the fence after ${first}, with ${fences} reserved by a ${way}, is at least ${first + fences}`
    expectThat(next >= first + fences, promise, next)
  }
}

async function nextFence(handle: LockBackend, claim: Claim): Promise<number> {
  return fenceOf(await expectGranted(handle, claim, 'the name was released'))
}
