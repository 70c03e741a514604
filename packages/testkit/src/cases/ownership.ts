import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same, unheld } from '../expect.js'

/** Only the owner extends or releases, and an owner of yesterday is nobody. */
export const ownership: readonly ConformanceCase[] = [
  {
    id: 'ownership/release-by-other',
    title: 'nobody releases what another owner holds',
    run: async ({ a, b, name, wish, owner }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const outcome = await b.release({ name, owner: owner() })
      await heldBy(a, name, [mine.owner], 'after a release by another owner')
      same(outcome, 'not-held', 'release by another owner')
    },
  },
  {
    id: 'ownership/extend-by-other',
    title: 'nobody extends what another owner holds',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      same(await b.extend([wish()]), [{ status: 'lost' }], 'extend by another owner')
      await heldBy(a, name, [mine.owner], 'after an extend by another owner')
    },
  },
  {
    id: 'ownership/extend-by-other-leaves-time',
    title: 'an extend by another owner does not prolong the lease',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const ttlMs = ms(150)
      await granted(a, wish({ ttlMs }), 'nobody holds the name')
      await b.extend([wish()])
      await outlive(ttlMs)
      await unheld(a, name, 'after the ttl of the one grant')
    },
  },
  {
    id: 'ownership/stale-release',
    title: 'an owner whose lease has expired cannot release its successor',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const stale = wish({ ttlMs: ms(100) })
      const successor = wish()
      await granted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await granted(b, successor, 'the lease before has expired')
      same(await a.release({ name, owner: stale.owner }), 'not-held', 'release by the owner of an expired lease')
      await heldBy(a, name, [successor.owner], 'after a release by the former owner')
    },
  },
  {
    id: 'ownership/stale-release-keeping',
    title: 'an owner whose lease has expired cannot shorten its successor by releasing late with keepMs',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const stale = wish({ ttlMs: ms(100) })
      const successor = wish()
      await granted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await granted(b, successor, 'the lease before has expired')
      const late = { name, owner: stale.owner, keepMs: ms(20) }
      same(await a.release(late), 'not-held', 'release by the owner of an expired lease')
      await outlive(late.keepMs)
      await heldBy(a, name, [successor.owner], 'after a release by the former owner')
    },
  },
  {
    id: 'ownership/stale-extend',
    title: 'an owner whose lease has expired cannot extend over its successor',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const stale = wish({ ttlMs: ms(100) })
      const successor = wish()
      await granted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await granted(b, successor, 'the lease before has expired')
      same(await a.extend([{ ...stale, ttlMs: 10 }]), [{ status: 'lost' }], 'extend by the owner of an expired lease')
      await outlive(10)
      await heldBy(a, name, [successor.owner], 'after an extend by the former owner')
    },
  },
  {
    id: 'ownership/stale-claim',
    title: 'an owner whose lease has expired is not told "yours" while its successor holds',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const stale = wish({ ttlMs: ms(100) })
      const successor = wish()
      await granted(a, stale, 'nobody holds the name')
      await outlive(stale.ttlMs)
      await granted(b, successor, 'the lease before has expired')
      await refused(a, stale, 'the former owner repeats its claim')
      await heldBy(a, name, [successor.owner], 'after a claim of the former owner')
    },
  },
  {
    id: 'ownership/repeated-release',
    title: 'a repeated release does not touch a successor',
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const successor = wish()
      await granted(a, first, 'nobody holds the name')
      await a.release({ name, owner: first.owner })
      await granted(b, successor, 'the name was released')
      same(await a.release({ name, owner: first.owner }), 'not-held', 'the second release by the same owner')
      await heldBy(a, name, [successor.owner], 'after a repeated release')
    },
  },
  {
    id: 'ownership/released-is-over',
    title: 'after its release an owner cannot extend',
    run: async ({ a, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await a.release({ name, owner: mine.owner })
      same(await a.extend([mine]), [{ status: 'lost' }], 'extend after release')
      await unheld(a, name, 'after a late extend')
    },
  },
  {
    id: 'ownership/either-handle',
    title: 'an owner may use any handle: the token says who it is, not the connection',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const [extended] = await b.extend([mine])
      same(extended?.status, 'extended', 'extend through the other handle')
      same(await b.release({ name, owner: mine.owner }), 'released', 'release through the other handle')
      await unheld(a, name, 'after a release through the other handle')
    },
  },
]
