import type { ConformanceCase } from '../../suite/case.js'
import { expectFree, expectGranted, expectHeldBy, expectLost, expectRefused, expectSame } from '../../suite/expect.js'

/** Only the owner extends or releases. A former owner is no owner. */
export const ownership: readonly ConformanceCase[] = [
  {
    id: 'ownership/release-by-other',
    title: 'nobody releases what another owner holds',
    run: async ({ a, b, name, claim, owner }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const outcome = await b.release({ name, owner: owner() })
      await expectHeldBy(a, name, [mine.owner], 'after a release by another owner')
      expectSame(outcome, 'not-held', 'release by another owner')
    },
  },
  {
    id: 'ownership/extend-by-other',
    title: 'nobody extends what another owner holds',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      expectLost(await b.extend([claim()]), 'extend by another owner')
      await expectHeldBy(a, name, [mine.owner], 'after an extend by another owner')
    },
  },
  {
    id: 'ownership/extend-by-other-leaves-time',
    title: 'an extend by another owner does not prolong the lease',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const ttlMs = ms(150)
      await expectGranted(a, claim({ ttlMs }), 'nobody holds the name')
      await b.extend([claim()])
      await outlive(ttlMs)
      await expectFree(a, name, 'after the ttl of the one grant')
    },
  },
  {
    id: 'ownership/stale-release',
    title: 'an owner whose lease has expired cannot release its successor',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const stale = claim({ ttlMs: ms(100) })
      const successor = claim()
      await expectGranted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await expectGranted(b, successor, 'the lease before has expired')
      expectSame(await a.release({ name, owner: stale.owner }), 'not-held', 'release by the owner of an expired lease')
      await expectHeldBy(a, name, [successor.owner], 'after a release by the former owner')
    },
  },
  {
    id: 'ownership/stale-release-keeping',
    title: 'an owner whose lease has expired cannot shorten its successor by releasing late with keepMs',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const stale = claim({ ttlMs: ms(100) })
      const successor = claim()
      await expectGranted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await expectGranted(b, successor, 'the lease before has expired')
      const late = { name, owner: stale.owner, keepMs: ms(20) }
      expectSame(await a.release(late), 'not-held', 'release by the owner of an expired lease')
      await outlive(late.keepMs)
      await expectHeldBy(a, name, [successor.owner], 'after a release by the former owner')
    },
  },
  {
    id: 'ownership/stale-extend',
    title: 'an owner whose lease has expired cannot extend over its successor',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const stale = claim({ ttlMs: ms(100) })
      const successor = claim()
      await expectGranted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await expectGranted(b, successor, 'the lease before has expired')
      expectSame(
        await a.extend([{ ...stale, ttlMs: 10 }]),
        [{ status: 'lost' }],
        'extend by the owner of an expired lease',
      )
      await outlive(10)
      await expectHeldBy(a, name, [successor.owner], 'after an extend by the former owner')
    },
  },
  {
    id: 'ownership/stale-claim',
    title: 'an owner whose lease has expired is not granted the name while its successor holds',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const stale = claim({ ttlMs: ms(100) })
      const successor = claim()
      await expectGranted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await expectGranted(b, successor, 'the lease before has expired')
      await expectRefused(a, stale, 'the former owner repeats its claim')
      await expectHeldBy(a, name, [successor.owner], 'after a claim of the former owner')
    },
  },
  {
    id: 'ownership/repeated-release',
    title: 'a repeated release does not touch a successor',
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const successor = claim()
      await expectGranted(a, first, 'nobody holds the name')
      await a.release({ name, owner: first.owner })
      await expectGranted(b, successor, 'the name was released')
      expectSame(await a.release({ name, owner: first.owner }), 'not-held', 'the second release by the same owner')
      await expectHeldBy(a, name, [successor.owner], 'after a repeated release')
    },
  },
  {
    id: 'ownership/released-is-over',
    title: 'after its release an owner cannot extend',
    run: async ({ a, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await a.release({ name, owner: mine.owner })
      expectLost(await a.extend([mine]), 'extend after release')
      await expectFree(a, name, 'after a late extend')
    },
  },
  {
    id: 'ownership/either-handle',
    title: 'an owner may use any handle: the token says who it is, not the connection',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const [extended] = await b.extend([mine])
      expectSame(extended?.status, 'extended', 'extend through the other handle')
      expectSame(await b.release({ name, owner: mine.owner }), 'released', 'release through the other handle')
      await expectFree(a, name, 'after a release through the other handle')
    },
  },
]
