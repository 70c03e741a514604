import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import {
  expectFree,
  expectGranted,
  expectHeldBy,
  expectLost,
  expectRefused,
  expectSame,
  expectThat,
} from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }

/** Shared leases stand beside each other, never beside an exclusive one. */
export const shared: readonly ConformanceCase[] = [
  {
    id: 'shared/together',
    title: 'shared leases hold a name together',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const readers = [claim(reading), claim(reading), claim(reading)]
      for (const [index, reader] of readers.entries()) await expectGranted(index % 2 ? a : b, reader, 'only readers')
      expectSame((await a.inspect(name))?.mode, 'shared', 'the mode that inspect shows')
      await expectHeldBy(
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
    run: async ({ a, b, name, claim }) => {
      const [one, two] = [claim(reading), claim(reading)]
      await expectGranted(a, one, 'only readers')
      await expectGranted(a, two, 'only readers')
      await expectRefused(b, claim(), 'two readers hold the name')
      await a.release({ name, owner: one.owner })
      await expectRefused(b, claim(), 'one reader holds the name')
      await a.release({ name, owner: two.owner })
      await expectGranted(b, claim(), 'the last reader has released')
    },
  },
  {
    id: 'shared/excluded-by-exclusive',
    title: 'a shared claim is refused while anybody holds exclusively',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const writer = claim()
      await expectGranted(a, writer, 'nobody holds the name')
      await expectRefused(b, claim(reading), 'a writer holds the name')
      await expectHeldBy(a, name, [writer.owner], 'a shared claim was refused')
    },
  },
  {
    id: 'shared/limit',
    title: 'a limit of n admits n and no more',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 3 }
      const holders = [claim(permit), claim(permit), claim(permit)]
      for (const [index, holder] of holders.entries()) await expectGranted(index % 2 ? a : b, holder, 'a free permit')
      await expectRefused(a, claim(permit), 'three of three permits are taken')
      await expectRefused(b, claim(permit), 'three of three permits are taken')
      await a.release({ name, owner: holders[1]?.owner ?? '' })
      await expectGranted(b, claim(permit), 'a permit was given back')
      await expectRefused(a, claim(permit), 'three of three permits are taken')
    },
  },
  {
    id: 'shared/limit-is-the-claims',
    title: 'the limit is that of the claim to be admitted, not of those who hold',
    requires: ['shared'],
    run: async ({ a, b, claim }) => {
      await expectGranted(a, claim({ mode: 'shared', limit: 2 }), 'nobody holds the name')
      await expectRefused(b, claim({ mode: 'shared', limit: 1 }), 'one holds, and the claim admits itself only alone')
      await expectGranted(b, claim({ mode: 'shared', limit: 2 }), 'the second of two')
      await expectRefused(a, claim({ mode: 'shared', limit: 2 }), 'the third of two')
      await expectGranted(a, claim({ mode: 'shared', limit: 3 }), 'the third of three')
    },
  },
  {
    id: 'shared/repeats-count-once',
    title: 'a shared owner who claims again counts once',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 2 }
      const mine = claim(permit)
      for (const handle of [a, b, a]) await expectGranted(handle, mine, 'the same owner claims')
      await expectGranted(b, claim(permit), 'the second of two permits is free')
      await expectGranted(a, mine, 'the same owner claims again although all permits are taken')
      expectSame((await a.inspect(name))?.holders.length, 2, 'how many hold')
    },
  },
  {
    id: 'shared/short-ends-alone',
    title: 'a short shared lease ends without ending a longer one',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const long = claim(reading)
      const short = claim({ ...reading, ttlMs: ms(100) })
      await expectGranted(a, long, 'only readers')
      await expectGranted(b, short, 'only readers')
      await outlive(short.ttlMs)
      await expectHeldBy(a, name, [long.owner], 'the short lease has ended')
      expectLost(await b.extend([short]), 'extend of the short lease')
      expectSame((await a.extend([long]))[0]?.status, 'extended', 'extend of the long lease')
      await expectRefused(b, claim(), 'the long lease has not ended')
    },
  },
  {
    id: 'shared/long-prolongs-none',
    title: 'a long shared lease does not prolong a shorter one, whose permit is free again',
    requires: ['shared'],
    run: async ({ a, b, claim, ms, outlive }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 2 }
      const short = claim({ ...permit, ttlMs: ms(100) })
      await expectGranted(b, short, 'a free permit')
      await expectGranted(a, claim(permit), 'a free permit')
      await outlive(short.ttlMs)
      await expectGranted(b, claim(permit), 'the permit of the short lease is free')
      await expectRefused(a, claim(permit), 'both permits are taken')
    },
  },
  {
    id: 'shared/last-ends',
    title: 'an exclusive claim is granted when the last shared lease has ended by itself',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      for (const ttl of [60, 120, 90]) await expectGranted(a, claim({ ...reading, ttlMs: ms(ttl) }), 'only readers')
      await outlive(ms(120))
      await expectFree(a, name, 'all shared leases have ended')
      await expectGranted(b, claim(), 'all shared leases have ended')
    },
  },
  {
    id: 'shared/own-extend',
    title: 'a shared owner extends its own lease and no other',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const mine = claim({ ...reading, ttlMs: ms(200) })
      const other = claim({ ...reading, ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'only readers')
      await expectGranted(b, other, 'only readers')
      const [extended, stranger] = await before(start + ms(200), () => a.extend([{ ...mine, ttlMs: LONG_MS }, claim()]))
      expectSame(
        [extended?.status, stranger?.status],
        ['extended', 'lost'],
        'extend by a shared owner and by a stranger',
      )
      await outlive(ms(200))
      await expectHeldBy(b, name, [mine.owner], 'only one of two readers extended')
    },
  },
  {
    id: 'shared/shorter-extension',
    title: 'a reader that is extended for a short time cuts no other reader',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const [mine, other] = [claim(reading), claim(reading)]
      await expectGranted(a, mine, 'only readers')
      await expectGranted(b, other, 'only readers')
      expectSame((await a.extend([{ ...mine, ttlMs: ms(100) }]))[0]?.status, 'extended', 'extend by a reader')
      await outlive(ms(100))
      await expectRefused(a, claim(), 'the other reader holds on')
      expectSame((await b.extend([other]))[0]?.status, 'extended', 'extend by the other reader')
      await expectHeldBy(a, name, [other.owner], 'only the other reader holds on')
    },
  },
  {
    id: 'shared/own-release',
    title: 'a shared owner releases its own lease and no other, once',
    requires: ['shared'],
    run: async ({ a, b, name, claim, owner }) => {
      const [mine, other] = [claim(reading), claim(reading)]
      await expectGranted(a, mine, 'only readers')
      await expectGranted(b, other, 'only readers')
      expectSame(await a.release({ name, owner: owner() }), 'not-held', 'release by a stranger')
      expectSame(await a.release({ name, owner: mine.owner }), 'released', 'release by a shared owner')
      expectSame(await a.release({ name, owner: mine.owner }), 'not-held', 'the second release')
      await expectHeldBy(b, name, [other.owner], 'one of two readers has released')
    },
  },
  {
    id: 'shared/retry-after',
    rule: 'retry-after',
    title: 'a refusal by shared holders names no time or one within their leases',
    requires: ['shared'],
    run: async ({ a, b, claim }) => {
      for (const ttlMs of [LONG_MS, LONG_MS / 2]) await expectGranted(a, claim({ ...reading, ttlMs }), 'only readers')
      for (const over of [{}, { mode: 'shared', limit: 2 }] as const) {
        const { retryAfterMs } = await expectRefused(b, claim(over), 'two readers hold the name')
        const promise = `retryAfterMs is null or within leases of at most ${LONG_MS} ms`
        expectThat(retryAfterMs === null || (retryAfterMs > 0 && retryAfterMs <= LONG_MS), promise, retryAfterMs)
      }
    },
  },
]
