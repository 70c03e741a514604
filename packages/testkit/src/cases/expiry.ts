import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, heldBy, keeps, refused, same, unheld } from '../expect.js'

/** A lease ends by itself when its time is over, and not before. What has expired is absent for every verb. */
export const expiry: readonly ConformanceCase[] = [
  {
    id: 'expiry/ends',
    title: 'a lease ends by itself after its ttl',
    run: async ({ a, b, wish, ms, outlive }) => {
      const ttlMs = ms(100)
      await granted(a, wish({ ttlMs }), 'nobody holds the name')
      await outlive(ttlMs)
      await granted(b, wish(), `a lease of ${ttlMs} ms has ended`)
    },
  },
  {
    id: 'expiry/lasts',
    title: 'a lease lasts for the whole of its ttl',
    run: async ({ a, b, wish, ms, now, pass, before }) => {
      const ttlMs = ms(400)
      const start = now()
      await granted(a, wish({ ttlMs }), 'nobody holds the name')
      await before(start + ttlMs, async () => {
        await pass(ttlMs * 0.7)
        await refused(b, wish(), `a lease of ${ttlMs} ms has not ended`)
      })
    },
  },
  {
    id: 'expiry/own-ttl',
    title: 'each lease lasts as long as its own claim asked for',
    run: async ({ a, b, named, wish, ms, outlive }) => {
      const short = wish({ name: named('/short'), ttlMs: ms(100) })
      const long = wish({ name: named('/long') })
      await granted(a, short, 'nobody holds the name')
      await granted(a, long, 'nobody holds the name')
      await outlive(short.ttlMs)
      await unheld(b, short.name, 'the short lease is over')
      await heldBy(b, long.name, [long.owner], 'the long lease is not over')
    },
  },
  {
    id: 'expiry/no-extend',
    title: 'an expired lease cannot be extended',
    run: async ({ a, name, wish, ms, outlive }) => {
      const mine = wish({ ttlMs: ms(100) })
      await granted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      same(await a.extend([mine]), [{ status: 'lost' }], 'extend of an expired lease')
      await unheld(a, name, 'after an extend that came too late')
    },
  },
  {
    id: 'expiry/no-release',
    title: 'an expired lease cannot be released',
    run: async ({ a, name, wish, ms, outlive }) => {
      const mine = wish({ ttlMs: ms(100) })
      await granted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      same(await a.release({ name, owner: mine.owner }), 'not-held', 'release of an expired lease')
    },
  },
  {
    id: 'expiry/no-inspect',
    title: 'an expired lease is not shown',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const mine = wish({ ttlMs: ms(100) })
      await granted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      await unheld(a, name, 'after expiry')
      await unheld(b, name, 'after expiry, through the other handle')
    },
  },
  {
    id: 'expiry/no-evict',
    title: 'an expired lease counts as nothing for evict',
    run: async ({ a, name, wish, ms, outlive }) => {
      const mine = wish({ ttlMs: ms(100) })
      await granted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      same(await a.evict(name), false, 'evict of an expired lease')
    },
  },
  {
    id: 'expiry/no-revival',
    title: 'an expired lease is not revived: its owner is granted a new one with a new fence',
    requires: ['fencing'],
    run: async ({ a, wish, ms, outlive }) => {
      const mine = wish({ ttlMs: ms(100) })
      const first = fenceOf(await granted(a, mine, 'nobody holds the name'))
      await outlive(mine.ttlMs)
      const second = fenceOf(await granted(a, mine, 'the lease before has expired'))
      keeps(second > first, `the fence after an expired lease with fence ${first} is a new one`, second)
    },
  },
  {
    id: 'expiry/shortest',
    title: 'the shortest lease, 10 ms, is granted and ends',
    run: async ({ a, b, wish, outlive }) => {
      await granted(a, wish({ ttlMs: 10 }), 'nobody holds the name')
      await outlive(10)
      await granted(b, wish(), 'a lease of 10 ms has ended')
    },
  },
  {
    id: 'expiry/longest',
    title: 'the longest lease, 2^31 − 1 ms, is granted and does not end at once',
    run: async ({ a, b, name, wish, pass }) => {
      const ttlMs = 2 ** 31 - 1
      const mine = wish({ ttlMs })
      await granted(a, mine, 'nobody holds the name')
      await pass(20)
      await refused(b, wish(), 'the longest lease has not ended')
      same((await a.extend([mine]))[0]?.status, 'extended', 'extend of the longest lease')
      const remainingMs = (await a.inspect(name))?.holders[0]?.remainingMs ?? 0
      keeps(remainingMs > ttlMs / 2 && remainingMs <= ttlMs, `what remains of ${ttlMs} ms`, remainingMs)
    },
  },
  {
    id: 'expiry/valid-ms',
    title: 'validMs is not more than the ttl and of its order',
    run: async ({ a, wish }) => {
      const mine = wish()
      const outcomes = [
        await granted(a, mine, 'nobody holds the name'),
        await granted(a, mine, 'a repeated claim'),
        ...(await a.extend([mine])),
      ]
      for (const outcome of outcomes) {
        const validMs = 'validMs' in outcome ? outcome.validMs : Number.NaN
        keeps(validMs <= mine.ttlMs && validMs > mine.ttlMs / 2, `validMs of a lease of ${mine.ttlMs} ms`, outcome)
      }
    },
  },
  {
    id: 'expiry/valid-ms-honest',
    title: 'a lease lasts as long as validMs said, also after a repeated claim and an extend',
    run: async ({ a, b, named, wish, ms, now, pass, before }) => {
      const ttlMs = ms(400)
      const first = wish({ name: named('/acquired'), ttlMs })
      const repeated = wish({ name: named('/repeated') })
      const extended = wish({ name: named('/extended') })
      await granted(a, repeated, 'nobody holds the name')
      await granted(a, extended, 'nobody holds the name')
      const start = now()
      const grants = [
        await granted(a, first, 'nobody holds the name'),
        await granted(a, { ...repeated, ttlMs }, 'a repeated claim'),
      ]
      const [extension] = await a.extend([{ ...extended, ttlMs }])
      const validMs = [...grants, extension].map((one) => (one !== undefined && 'validMs' in one ? one.validMs : 0))
      await before(start + Math.min(...validMs), async () => {
        await pass(Math.min(...validMs) * 0.75)
        for (const { name } of [first, repeated, extended]) await refused(b, wish({ name }), 'validMs is not over')
      })
    },
  },
]
