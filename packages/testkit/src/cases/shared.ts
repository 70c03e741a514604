import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../case.js'
import { granted, heldBy, keeps, refused, same, unheld } from '../expect.js'
import { LONG_MS } from '../world.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }

/** Shared leases stand beside each other, never beside an exclusive one. */
export const shared: readonly ConformanceCase[] = [
  {
    id: 'shared/together',
    title: 'shared leases hold a name together',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const readers = [wish(reading), wish(reading), wish(reading)]
      for (const [index, reader] of readers.entries()) await granted(index % 2 ? a : b, reader, 'only readers')
      same((await a.inspect(name))?.mode, 'shared', 'the mode that inspect shows')
      await heldBy(
        b,
        name,
        readers.map((reader) => reader.owner),
        'three readers',
      )
    },
  },
  {
    id: 'shared/excludes-exclusive',
    title: 'an exclusive claim is refused while anybody holds shared',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const [one, two] = [wish(reading), wish(reading)]
      await granted(a, one, 'only readers')
      await granted(a, two, 'only readers')
      await refused(b, wish(), 'two readers hold the name')
      await a.release({ name, owner: one.owner })
      await refused(b, wish(), 'one reader holds the name')
      await a.release({ name, owner: two.owner })
      await granted(b, wish(), 'the last reader has released')
    },
  },
  {
    id: 'shared/excluded-by-exclusive',
    title: 'a shared claim is refused while anybody holds exclusively',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const writer = wish()
      await granted(a, writer, 'nobody holds the name')
      await refused(b, wish(reading), 'a writer holds the name')
      await heldBy(a, name, [writer.owner], 'a shared claim was refused')
    },
  },
  {
    id: 'shared/limit',
    title: 'a limit of n admits n and no more',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 3 }
      const holders = [wish(permit), wish(permit), wish(permit)]
      for (const [index, holder] of holders.entries()) await granted(index % 2 ? a : b, holder, 'a free permit')
      await refused(a, wish(permit), 'three of three permits are taken')
      await refused(b, wish(permit), 'three of three permits are taken')
      await a.release({ name, owner: holders[1]?.owner ?? '' })
      await granted(b, wish(permit), 'a permit was given back')
      await refused(a, wish(permit), 'three of three permits are taken')
    },
  },
  {
    id: 'shared/limit-is-the-claims',
    title: 'the limit is that of the claim to be admitted, not of those who hold',
    requires: ['shared'],
    run: async ({ a, b, wish }) => {
      await granted(a, wish({ mode: 'shared', limit: 2 }), 'nobody holds the name')
      await refused(b, wish({ mode: 'shared', limit: 1 }), 'one holds, and the claim admits itself only alone')
      await granted(b, wish({ mode: 'shared', limit: 2 }), 'the second of two')
      await refused(a, wish({ mode: 'shared', limit: 2 }), 'the third of two')
      await granted(a, wish({ mode: 'shared', limit: 3 }), 'the third of three')
    },
  },
  {
    id: 'shared/repeats-count-once',
    title: 'a shared owner who claims again counts once',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 2 }
      const mine = wish(permit)
      for (const handle of [a, b, a]) await granted(handle, mine, 'the same owner claims')
      await granted(b, wish(permit), 'the second of two permits is free')
      await granted(a, mine, 'the same owner claims again although all permits are taken')
      same((await a.inspect(name))?.holders.length, 2, 'how many hold')
    },
  },
  {
    id: 'shared/short-ends-alone',
    title: 'a short shared lease ends without ending a longer one',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const long = wish(reading)
      const short = wish({ ...reading, ttlMs: ms(100) })
      await granted(a, long, 'only readers')
      await granted(b, short, 'only readers')
      await outlive(short.ttlMs)
      await heldBy(a, name, [long.owner], 'the short lease has ended')
      same(await b.extend([short]), [{ status: 'lost' }], 'extend of the short lease')
      same((await a.extend([long]))[0]?.status, 'extended', 'extend of the long lease')
      await refused(b, wish(), 'the long lease has not ended')
    },
  },
  {
    id: 'shared/long-prolongs-none',
    title: 'a long shared lease does not prolong a shorter one, whose permit is free again',
    requires: ['shared'],
    run: async ({ a, b, wish, ms, outlive }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 2 }
      const short = wish({ ...permit, ttlMs: ms(100) })
      await granted(b, short, 'a free permit')
      await granted(a, wish(permit), 'a free permit')
      await outlive(short.ttlMs)
      await granted(b, wish(permit), 'the permit of the short lease is free')
      await refused(a, wish(permit), 'both permits are taken')
    },
  },
  {
    id: 'shared/last-ends',
    title: 'an exclusive claim is granted when the last shared lease has ended by itself',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      for (const ttl of [60, 120, 90]) await granted(a, wish({ ...reading, ttlMs: ms(ttl) }), 'only readers')
      await outlive(ms(120))
      await unheld(a, name, 'all shared leases have ended')
      await granted(b, wish(), 'all shared leases have ended')
    },
  },
  {
    id: 'shared/own-extend',
    title: 'a shared owner extends its own lease and no other',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const mine = wish({ ...reading, ttlMs: ms(200) })
      const other = wish({ ...reading, ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'only readers')
      await granted(b, other, 'only readers')
      const [extended, stranger] = await before(start + ms(200), () => a.extend([{ ...mine, ttlMs: LONG_MS }, wish()]))
      same([extended?.status, stranger?.status], ['extended', 'lost'], 'extend by a shared owner and by a stranger')
      await outlive(ms(200))
      await heldBy(b, name, [mine.owner], 'only one of two readers extended')
    },
  },
  {
    id: 'shared/own-release',
    title: 'a shared owner releases its own lease and no other, once',
    requires: ['shared'],
    run: async ({ a, b, name, wish, owner }) => {
      const [mine, other] = [wish(reading), wish(reading)]
      await granted(a, mine, 'only readers')
      await granted(b, other, 'only readers')
      same(await a.release({ name, owner: owner() }), 'not-held', 'release by a stranger')
      same(await a.release({ name, owner: mine.owner }), 'released', 'release by a shared owner')
      same(await a.release({ name, owner: mine.owner }), 'not-held', 'the second release')
      await heldBy(b, name, [other.owner], 'one of two readers has released')
    },
  },
  {
    id: 'shared/retry-after',
    title: 'a refusal by shared holders names no time or one within their leases',
    requires: ['shared'],
    run: async ({ a, b, wish }) => {
      for (const ttlMs of [LONG_MS, LONG_MS / 2]) await granted(a, wish({ ...reading, ttlMs }), 'only readers')
      for (const over of [{}, { mode: 'shared', limit: 2 }] as const) {
        const { retryAfterMs } = await refused(b, wish(over), 'two readers hold the name')
        const promise = `retryAfterMs is null or within leases of at most ${LONG_MS} ms`
        keeps(retryAfterMs === null || (retryAfterMs > 0 && retryAfterMs <= LONG_MS), promise, retryAfterMs)
      }
    },
  },
]
