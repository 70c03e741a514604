import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { listed } from './listing.js'

/** More names than a few pages of any likely size. */
const NAMES = 350
/** How many names change while they are listed: as many calls one after the other. */
const CHANGES = 20

/** Many names, and names that change while they are listed. */
export const listingMany: readonly ConformanceCase[] = [
  {
    id: 'list/many',
    title: `of ${NAMES} names that are held each is listed`,
    requires: ['list'],
    run: async (world) => {
      const held = await holdMany(world)
      const missing = missingOf(
        held,
        (await listed(world, world.b)).map(({ name }) => name),
      )
      expectSame(missing, [], `which of ${NAMES} names that are held are not listed`)
    },
  },
  {
    id: 'list/freed-meanwhile',
    title: 'what is held for the whole time of a list is listed, although other names are freed meanwhile',
    requires: ['list'],
    run: async (world) => {
      const { a } = world
      const held = await holdMany(world)
      const [freed, kept] = [held.filter((_, index) => index % 2 === 0), held.filter((_, index) => index % 2 === 1)]
      const seen: string[] = []
      await eachListed(world, async (name) => {
        if (seen.push(name) === 1) await inPortions(freed, (each) => a.release({ name: each.name, owner: each.owner }))
      })
      const promise = `which of ${kept.length} names are not listed, when as many others were freed meanwhile`
      expectSame(missingOf(kept, seen), [], promise)
    },
  },
  {
    id: 'list/taken-again-meanwhile',
    title: 'a name that is freed and taken again while it is listed is listed once at most',
    requires: ['list'],
    run: async (world) => {
      const { a, claim, named } = world
      const held = Array.from({ length: 2 * CHANGES }, (_, index) => claim({ name: named(`/${index}`) }))
      await inPortions(held, (each) => expectGranted(a, each, 'a free name'))
      const seen: string[] = []
      await eachListed(world, async (name) => {
        seen.push(name)
        const mine = held.find((each) => each.name === name)
        if (mine === undefined || seen.length > CHANGES) return
        await a.release({ name, owner: mine.owner })
        await expectGranted(a, claim({ name }), 'the name was released')
      })
      const twice = seen.filter((name, index) => seen.indexOf(name) !== index)
      expectSame(twice, [], 'names that are listed twice, of those that were freed and taken again meanwhile')
      const kept = held.filter(({ name }) => seen.indexOf(name) >= CHANGES || !seen.includes(name))
      expectSame(missingOf(kept, seen), [], 'names that were held for the whole time and are not listed')
    },
  },
  {
    id: 'list/lease-ends-meanwhile',
    title: 'a name that is waited for is listed once at most when its lease ends meanwhile',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, claim, named, ms, outlive } = world
      const ttlMs = ms(300)
      const ending = Array.from({ length: 3 }, (_, index) => claim({ name: named(`/ending/${index}`), ttlMs }))
      const lasting = Array.from({ length: 3 }, (_, index) => claim({ name: named(`/lasting/${index}`) }))
      await Promise.all([...ending, ...lasting].map((each) => expectGranted(a, each, 'a free name')))
      await Promise.all(ending.map(({ name }) => b.acquire(claim({ name, lineMs: LONG_MS }))))
      const seen: string[] = []
      await eachListed(world, async (name) => {
        const isFirst = missingOf(ending, seen).length === ending.length
        seen.push(name)
        if (isFirst && missingOf(ending, seen).length < ending.length) await outlive(ttlMs)
      })
      const twice = seen.filter((name, index) => seen.indexOf(name) !== index)
      expectSame(twice, [], 'names that are listed twice, of those whose lease ended meanwhile')
      expectSame(missingOf(lasting, seen), [], 'names that were held for the whole time and are not listed')
    },
  },
  {
    id: 'list/line-refreshed',
    title: 'the line is listed in the order of its places, whichever of them ends first',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, claim } = world
      const line = [claim({ lineMs: LONG_MS }), claim({ lineMs: LONG_MS }), claim({ lineMs: LONG_MS })]
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const each of line) await expectRefused(b, each, 'the name is held')
      const second = { ...(line[1] ?? claim()), lineMs: 2 * LONG_MS }
      const { ahead } = await expectRefused(a, second, 'the second waiter claims again, for a longer place')
      expectSame(ahead, 1, 'how many stand before the second waiter, whose place has become longer')
      const [seen] = await listed(world, b)
      expectSame(
        seen?.line?.map(({ owner }) => owner),
        line.map(({ owner }) => owner),
        'who waits, when the second place ends last',
      )
    },
  },
]

async function holdMany({ a, claim, named }: World): Promise<readonly Claim[]> {
  const held = Array.from({ length: NAMES }, (_, index) => claim({ name: named(`/${index}`) }))
  await inPortions(held, (each) => expectGranted(a, each, 'a free name'))
  return held
}

/** Lists through one handle, and lets `act` make calls before the next piece is asked for. */
async function eachListed({ b, names }: World, act: (name: string) => Promise<void>): Promise<void> {
  if (b.list === undefined) throw new TypeError('the backend has no list, although its capabilities say so')
  for await (const { name } of b.list()) if (names.has(name)) await act(name)
}

/** The names of these claims that are not among `seen`. */
function missingOf(claims: readonly Claim[], seen: readonly string[]): readonly string[] {
  const known = new Set(seen)
  return claims.flatMap(({ name }) => (known.has(name) ? [] : [name]))
}
