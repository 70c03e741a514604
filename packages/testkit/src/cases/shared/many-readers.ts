import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectFree, expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import type { World } from '../../suite/world.js'

/** More holders than a page of a hundred, or a byte can count, whichever step of a store reads its holders in pages. */
const MANY = 260
/** More holders than a power of two that a store might have room for. */
const CROWD = 520

/** Limits below and above powers of two, and round numbers, up to which a store might count. */
const PERMITS = [6, 7, 8, 9, 10, 12, 16, 20, 32, 40, 64, 100, MANY]

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }

/** However many owners share a name, each verb counts all of them. */
export const manyReaders: readonly ConformanceCase[] = [
  {
    id: 'shared/many-readers',
    title: 'five hundred and twenty owners share a name',
    requires: ['shared'],
    run: async (world) => {
      const readers = await share(world, CROWD)
      await expectHeldBy(world.b, world.name, readers, `${CROWD} readers`)
      await expectRefused(world.b, world.claim(), `${CROWD} readers hold the name`)
    },
  },
  {
    id: 'shared/limit-beyond-32-bits',
    title: 'a limit may be higher than 32 bits can hold',
    requires: ['shared'],
    run: async ({ a, b, claim, named }) => {
      for (const limit of [2 ** 32 + 2, 2 ** 31 + 2, Number.MAX_SAFE_INTEGER]) {
        const permit: Partial<Claim> = { mode: 'shared', limit, name: named(`/${limit}`) }
        for (const handle of [a, b, a, b]) await expectGranted(handle, claim(permit), `one of ${limit} permits`)
      }
    },
  },
  {
    id: 'shared/many-permits',
    title:
      'of six permits, or any number up to two hundred and sixty, each is given out, and no other; one that is given back is given out once',
    requires: ['shared'],
    run: async (world) => {
      const { a, b, named, claim } = world
      for (const limit of PERMITS) {
        const name = named(`/${limit}`)
        const permit: Partial<Claim> = { name, mode: 'shared', limit }
        const readers = await share(world, limit, permit)
        for (const handle of [a, b]) await expectRefused(handle, claim(permit), `all ${limit} permits are taken`)
        await a.release({ name, owner: readers[0] ?? '' })
        await expectGranted(b, claim(permit), `one of ${limit} permits was given back`)
        for (const handle of [a, b]) await expectRefused(handle, claim(permit), `all ${limit} permits are taken again`)
      }
    },
  },
  {
    id: 'inspection/many-readers',
    title: 'inspect shows all of two hundred and sixty readers',
    requires: ['shared'],
    run: async (world) => {
      const readers = await share(world, MANY)
      for (const handle of [world.a, world.b]) await expectHeldBy(handle, world.name, readers, `${MANY} readers`)
    },
  },
  {
    id: 'eviction/many-readers',
    title: 'evict takes a name from all of two hundred and sixty readers',
    requires: ['shared'],
    run: async (world) => {
      const { a, b, name, claim } = world
      await share(world, MANY)
      expectSame(await b.evict(name), true, `evict of a name that ${MANY} share`)
      await expectFree(a, name, `after evict of a name that ${MANY} shared`)
      await expectGranted(a, claim(), `the name was evicted from ${MANY} readers`)
    },
  },
  {
    id: 'steal/many-readers',
    title: 'a claim that steals takes the name from all of two hundred and sixty readers',
    requires: ['shared'],
    run: async (world) => {
      const { a, b, name, claim } = world
      for (const mode of ['exclusive', 'shared'] as const) {
        await share(world, MANY)
        const stealer = claim(mode === 'shared' ? { ...reading, steal: true } : { steal: true })
        await expectGranted(b, stealer, 'a claim that steals')
        await expectHeldBy(a, name, [stealer.owner], `after a steal, ${mode}, from ${MANY} readers`)
        await a.release({ name, owner: stealer.owner })
        await expectFree(b, name, 'the stealing owner has released')
      }
    },
  },
  {
    id: 'expiry/many-readers',
    title: 'an exclusive claim is granted when two hundred and sixty shared leases have ended together',
    requires: ['shared'],
    run: async (world) => {
      const { a, b, name, claim, ms, outlive } = world
      await share(world, MANY, { ttlMs: ms(500) })
      await outlive(ms(500))
      const writer = claim()
      await expectGranted(b, writer, `${MANY} shared leases have ended`)
      await expectHeldBy(a, name, [writer.owner], `${MANY} shared leases have ended`)
    },
  },
  {
    id: 'expiry/many-permits',
    title: 'two hundred and sixty shared leases that have ended take no permits',
    requires: ['shared'],
    run: async (world) => {
      const { a, b, name, claim, ms, outlive } = world
      const permit: Partial<Claim> = { mode: 'shared', limit: 3 }
      const long = claim(reading)
      await expectGranted(a, long, 'nobody holds the name')
      await share(world, MANY, { ttlMs: ms(500) })
      await outlive(ms(500))
      const [second, third] = [claim(permit), claim(permit)]
      await expectGranted(b, second, `one of three permits is taken, ${MANY} leases have ended`)
      await expectGranted(a, third, 'two of three permits are taken')
      await expectRefused(b, claim(permit), 'all three permits are taken')
      await expectHeldBy(a, name, [long.owner, second.owner, third.owner], `${MANY} shared leases have ended`)
    },
  },
]

/** Lets so many owners share the name, through both handles. Answers the owners. */
async function share({ a, b, claim }: World, count: number, over: Partial<Claim> = {}): Promise<string[]> {
  const readers = Array.from({ length: count }, () => claim({ ...reading, ...over }))
  await inPortions(readers, (each, index) => expectGranted(index % 2 ? a : b, each, 'only readers'))
  return readers.map(({ owner }) => owner)
}
