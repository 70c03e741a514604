import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same } from '../expect.js'
import { LONG_MS } from '../world.js'
import { told, watched } from './watching.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }
const waiting: Partial<Claim> = { lineMs: LONG_MS }

/** An owner may claim in another mode what it holds: from exclusive to shared, never the other way. */
export const modeChanges: readonly ConformanceCase[] = [
  {
    id: 'shared/downgrade',
    title: 'an exclusive owner who claims again as shared holds on and lets others in',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const { fence } = await granted(a, mine, 'nobody holds the name')
      const again = await granted(a, { ...mine, ...reading }, 'the owner claims again, as shared')
      same(again.fence, fence, 'the fence after the change of mode')
      const other = wish(reading)
      await granted(b, other, 'the owner holds shared now')
      await heldBy(a, name, [mine.owner, other.owner], 'both hold shared')
      await refused(b, wish(), 'both hold shared')
      same(await b.release({ name, owner: mine.owner }), 'released', 'release by the former exclusive owner')
    },
  },
  {
    id: 'shared/downgrade-refreshes',
    title: 'a change to shared refreshes the ttl',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'nobody holds the name')
      const changed: Claim = { ...mine, ...reading, ttlMs: LONG_MS }
      await before(start + ms(200), () => granted(b, changed, 'the owner claims again, as shared'))
      await outlive(ms(200))
      await heldBy(a, name, [mine.owner], 'the owner changed to shared, for longer')
      same((await a.extend([changed]))[0]?.status, 'extended', 'extend of the shared lease')
    },
  },
  {
    id: 'shared/downgrade-cuts-nothing',
    title: 'a change to shared with a shorter ttl cuts nothing',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await granted(b, { ...mine, ...reading, ttlMs: ms(50) }, 'the owner claims again, as shared')
      await outlive(ms(50))
      await heldBy(a, name, [mine.owner], 'the lease was longer before')
      await refused(b, wish(), 'the owner holds shared')
    },
  },
  {
    id: 'shared/downgrade-atomic',
    title: 'nobody gets in between while an owner changes to shared',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const change = granted(a, { ...mine, ...reading }, 'the owner claims again, as shared')
      const writers = await Promise.all(Array.from({ length: 10 }, () => b.acquire(wish())))
      await change
      same(
        writers.map(({ acquired }) => acquired),
        writers.map(() => false),
        'what writers are answered meanwhile',
      )
      await heldBy(b, name, [mine.owner], 'the owner changed to shared')
    },
  },
  {
    id: 'shared/upgrade-refused',
    title: 'a shared owner who claims again as exclusive is refused, holds on, and goes on sharing',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish(reading)
      const { fence } = await granted(a, mine, 'nobody holds the name')
      await refused(a, { ...mine, mode: 'exclusive', limit: 1 }, 'a reader would write')
      same((await b.inspect(name))?.mode, 'shared', 'the mode that inspect shows')
      const again = await granted(b, mine, 'the reader claims again, as shared')
      same(again.fence, fence, 'the fence of a reader who would have written')
      const other = wish(reading)
      await granted(b, other, 'only readers')
      await heldBy(a, name, [mine.owner, other.owner], 'two readers')
    },
  },
  {
    id: 'shared/upgrade-line',
    title: 'a shared owner who claims again as exclusive gets no place in line: it would wait for itself',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish(reading)
      await granted(a, mine, 'nobody holds the name')
      const { ahead } = await refused(a, { ...mine, ...waiting, mode: 'exclusive', limit: 1 }, 'a reader would write')
      same(ahead, null, 'the place in line of a reader who would write')
      same((await b.inspect(name))?.waiting, 0, 'how many wait')
      await granted(b, wish(reading), 'only readers, and nobody waits')
    },
  },
  {
    id: 'shared-line/downgrade',
    title: 'readers at the head are admitted when the exclusive owner changes to shared',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const reader = wish({ ...reading, ...waiting })
      await granted(a, mine, 'nobody holds the name')
      await refused(b, reader, 'somebody holds the name exclusively')
      await granted(a, { ...mine, mode: 'shared', limit: Infinity }, 'the owner claims again, as shared')
      await granted(b, reader, 'the owner holds shared now')
      await heldBy(a, name, [mine.owner, reader.owner], 'both hold shared')
    },
  },
  {
    id: 'shared-line/downgrade-together',
    title: 'a change to shared admits all readers at the head in the same step, none behind a writer',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const readers = [wish({ ...reading, ...waiting }), wish({ ...reading, ...waiting })]
      const [writer, late] = [wish(waiting), wish({ ...reading, ...waiting })]
      await granted(a, mine, 'nobody holds the name')
      for (const claim of [...readers, writer, late]) await refused(b, claim, 'somebody holds the name exclusively')
      await granted(a, { ...mine, ...reading }, 'the owner claims again, as shared')
      const together = [mine, ...readers].map(({ owner }) => owner)
      await heldBy(b, name, together, 'the owner and the two readers at the head')
      await refused(b, late, 'a writer came before')
      for (const owner of together) await a.release({ name, owner })
      await granted(b, writer, 'all who shared have released')
    },
  },
  {
    id: 'watch/downgrade',
    title: 'readers at the head are told when the exclusive owner changes to shared',
    requires: ['watch', 'shared', 'line'],
    run: async ({ a, b, wish, eventually }) => {
      const { turns, unwatch } = await watched(b)
      const mine = wish()
      const readers = [wish({ ...reading, ...waiting }), wish({ ...reading, ...waiting })]
      await granted(a, mine, 'nobody holds the name')
      for (const reader of readers) await refused(b, reader, 'somebody holds the name exclusively')
      await granted(a, { ...mine, ...reading }, 'the owner claims again, as shared')
      await eventually(() => readers.every((reader) => told(turns, reader)), 'each of two readers is told')
      await unwatch()
    },
  },
]
