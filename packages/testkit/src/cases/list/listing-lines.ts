import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectThat, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS } from '../../suite/world.js'
import { listed, MANY, ODD_LABELS } from './listing.js'

const waiting = { lineMs: LONG_MS }

const ownersOf = (claims: readonly { readonly owner: string }[]): string[] => claims.map(({ owner }) => owner)

/** The waiters that a list shows. */
export const listingLines: readonly ConformanceCase[] = [
  {
    id: 'list/line',
    title: 'a name with a line is listed once, with its holder, and with who waits in the order of their places',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, name, claim } = world
      const holder = claim({ owner: world.owner('in, out') })
      const head = claim(waiting)
      const line = [head, ...ODD_LABELS.map((label) => claim({ ...waiting, owner: world.owner(label) }))]
      await expectGranted(a, holder, 'nobody holds the name')
      for (const each of line) await expectRefused(b, each, 'the name is held')
      await expectRefused(a, head, 'the head claims again, and keeps its place')
      for (const handle of [a, b]) {
        expectSame((await handle.inspect(name))?.waiting, line.length, 'how many wait, as inspect shows')
        const seen = await listed(world, handle)
        expectSame(seen.length, 1, 'how often a name is listed that is held and waited for')
        expectSame(ownersOf(seen[0]?.holders ?? []), [holder.owner], 'who holds the name')
        const modes = line.map(({ owner }) => ({ owner, mode: 'exclusive' }))
        const shown = seen[0]?.line?.map(({ owner, mode }) => ({ owner, mode }))
        expectSame([shown, seen[0]?.waiting], [modes, line.length], 'who waits, and how many')
      }
    },
  },
  {
    id: 'list/line-modes',
    title: 'the line that is listed has the mode of each claim',
    requires: ['list', 'line', 'shared'],
    run: async (world) => {
      const { a, b, claim } = world
      const reading: Partial<Claim> = { ...waiting, mode: 'shared', limit: Infinity }
      const line = [claim(reading), claim(waiting), claim(reading)]
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const each of line) await expectRefused(b, each, 'the name is held')
      const [seen] = await listed(world, a)
      expectSame(
        seen?.line?.map(({ owner, mode }) => [owner, mode]),
        line.map(({ owner, mode }) => [owner, mode]),
        'owners and modes of those who wait',
      )
    },
  },
  {
    id: 'list/line-living',
    title: 'a place that has ended or was given up is not listed',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, name, claim, ms, outlive } = world
      const [dying, leaving, living] = [claim({ lineMs: ms(100) }), claim(waiting), claim(waiting)]
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const each of [living, dying, leaving]) await expectRefused(b, each, 'the name is held')
      await b.release({ name, owner: leaving.owner })
      await outlive(ms(100))
      const [seen] = await listed(world, a)
      expectSame(
        [ownersOf(seen?.line ?? []), seen?.waiting],
        [[living.owner], 1],
        'the waiters after one place ended and one waiter left',
      )
    },
  },
  {
    id: 'list/waited-for',
    title: 'a name whose lease has ended is listed while somebody waits for it, as waiting or as its holder',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, named, claim, ms, outlive } = world
      const names = ['', '{x}', '}{', '{{y}}', '*', '[a]?', '.:l'].map(named)
      const line = names.map((name) => claim({ ...waiting, name }))
      for (const name of names) await expectGranted(a, claim({ name, ttlMs: ms(100) }), 'nobody holds the name')
      for (const each of line) await b.acquire(each)
      await outlive(ms(100))
      const seen = await listed(world, a)
      expectSame(seen.map(({ name }) => name).toSorted(), names.toSorted(), 'names that somebody waits for')
      for (const { name, owner } of line) {
        const one = seen.find((each) => each.name === name)
        const shown = ownersOf([...(one?.holders ?? []), ...(one?.line ?? [])])
        expectSame(shown, [owner], 'who holds or waits')
        expectThat(one?.holders.length !== 0 || one.mode === 'exclusive', 'the mode of a name that nobody holds', one)
      }
    },
  },
  {
    id: 'list/long-line',
    title: 'a name with a long line is listed with all who wait, and hides no other name',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, named, claim } = world
      const names = [named('/1'), named('/2'), named('/3')] as const
      for (const name of names) await expectGranted(a, claim({ name }), 'a free name')
      const line = Array.from({ length: MANY }, () => claim({ ...waiting, name: names[1] }))
      const places: string[] = []
      await inPortions(line, async (each) => {
        const { ahead } = await expectRefused(b, each, 'the name is held')
        places[ahead ?? MANY] = each.owner
      })
      const seen = await listed(world, a)
      expectSame(seen.map(({ name }) => name).toSorted(), names, `names, with ${MANY} waiters for one of them`)
      const one = seen.find(({ name }) => name === names[1])
      expectSame(one?.waiting, MANY, 'how many wait')
      const shown = ownersOf(one?.line ?? [])
      expectSame(shown.length, MANY, 'how many of those who wait are in the line')
      expectSame(shown, places, 'who waits, in the order of their places')
    },
  },
  {
    id: 'list/free-line',
    title: 'a free name is not listed when all places in its line have ended',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, claim, ms, outlive } = world
      await expectGranted(a, claim({ ttlMs: ms(50) }), 'nobody holds the name')
      await b.acquire(claim({ lineMs: ms(100), ttlMs: ms(100) }))
      await outlive(ms(100))
      expectSame(await listed(world, a), [], 'what is listed when all is over')
    },
  },
  {
    id: 'list/keeps-no-place',
    title: 'listing keeps nobody in line',
    requires: ['list', 'line'],
    run: async (world) => {
      const { a, b, claim, ms, outlive } = world
      const head = claim(waiting)
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const waiter of [head, claim({ lineMs: ms(150) })]) await expectRefused(b, waiter, 'the name is held')
      await listed(world, a)
      await outlive(ms(150))
      const [seen] = await listed(world, b)
      expectSame(ownersOf(seen?.line ?? []), [head.owner], 'who waits when a place that was listed has ended')
    },
  },
]
