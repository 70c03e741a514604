import type { ConformanceCase } from '../../suite/case.js'
import {
  expectFree,
  expectGranted,
  expectHeldBy,
  expectLost,
  expectRefused,
  expectSame,
  expectThat,
  fenceOf,
} from '../../suite/expect.js'

/** A lease ends by itself when its time is over, and not before. An expired lease is absent for every verb. */
export const expiry: readonly ConformanceCase[] = [
  {
    id: 'expiry/ends',
    title: 'a lease ends by itself after its ttl',
    run: async ({ a, b, claim, ms, outlive }) => {
      const ttlMs = ms(100)
      await expectGranted(a, claim({ ttlMs }), 'nobody holds the name')
      await outlive(ttlMs)
      await expectGranted(b, claim(), `a lease of ${ttlMs} ms has ended`)
    },
  },
  {
    id: 'expiry/lasts',
    title: 'a lease lasts for the whole of its ttl',
    run: async ({ a, b, claim, ms, now, pass, before }) => {
      const ttlMs = ms(400)
      const start = now()
      await expectGranted(a, claim({ ttlMs }), 'nobody holds the name')
      await before(start + ttlMs, async () => {
        await pass(ttlMs * 0.7)
        await expectRefused(b, claim(), `a lease of ${ttlMs} ms has not ended`)
      })
    },
  },
  {
    id: 'expiry/own-ttl',
    title: 'each lease lasts as long as its own claim asked for',
    run: async ({ a, b, named, claim, ms, outlive }) => {
      const short = claim({ name: named('/short'), ttlMs: ms(100) })
      const long = claim({ name: named('/long') })
      await expectGranted(a, short, 'nobody holds the name')
      await expectGranted(a, long, 'nobody holds the name')
      await outlive(short.ttlMs)
      await expectFree(b, short.name, 'the short lease is over')
      await expectHeldBy(b, long.name, [long.owner], 'the long lease is not over')
    },
  },
  {
    id: 'expiry/no-extend',
    title: 'an expired lease cannot be extended',
    run: async ({ a, name, claim, ms, outlive }) => {
      const mine = claim({ ttlMs: ms(100) })
      await expectGranted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      expectLost(await a.extend([mine]), 'extend of an expired lease')
      await expectFree(a, name, 'after an extend that came too late')
    },
  },
  {
    id: 'expiry/no-release',
    title: 'an expired lease cannot be released',
    run: async ({ a, name, claim, ms, outlive }) => {
      const mine = claim({ ttlMs: ms(100) })
      await expectGranted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      expectSame(await a.release({ name, owner: mine.owner }), 'not-held', 'release of an expired lease')
    },
  },
  {
    id: 'expiry/no-inspect',
    title: 'an expired lease is not shown',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const mine = claim({ ttlMs: ms(100) })
      await expectGranted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      await expectFree(a, name, 'after expiry')
      await expectFree(b, name, 'after expiry, through the other handle')
    },
  },
  {
    id: 'expiry/no-evict',
    title: 'an expired lease counts as nothing for evict',
    run: async ({ a, name, claim, ms, outlive }) => {
      const mine = claim({ ttlMs: ms(100) })
      await expectGranted(a, mine, 'nobody holds the name')
      await outlive(mine.ttlMs)
      expectSame(await a.evict(name), false, 'evict of an expired lease')
    },
  },
  {
    id: 'expiry/no-revival',
    title: 'an expired lease is not revived: its owner is granted a new one with a new fence',
    requires: ['fencing'],
    run: async ({ a, claim, ms, outlive }) => {
      const mine = claim({ ttlMs: ms(100) })
      const first = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
      await outlive(mine.ttlMs)
      const second = fenceOf(await expectGranted(a, mine, 'the lease before has expired'))
      expectThat(second > first, `the fence after an expired lease with fence ${first} is a new one`, second)
    },
  },
  {
    id: 'expiry/shortest',
    title: 'the shortest lease, 10 ms, is granted and ends',
    run: async ({ a, b, claim, outlive }) => {
      await expectGranted(a, claim({ ttlMs: 10 }), 'nobody holds the name')
      await outlive(10)
      await expectGranted(b, claim(), 'a lease of 10 ms has ended')
    },
  },
  {
    id: 'expiry/longest',
    title: 'the longest lease, 2^31 − 1 ms, is granted and does not end at once',
    run: async ({ a, b, name, claim, pass }) => {
      const ttlMs = 2 ** 31 - 1
      const mine = claim({ ttlMs })
      await expectGranted(a, mine, 'nobody holds the name')
      await pass(20)
      await expectRefused(b, claim(), 'the longest lease has not ended')
      expectSame((await a.extend([mine]))[0]?.status, 'extended', 'extend of the longest lease')
      const remainingMs = (await a.inspect(name))?.holders[0]?.remainingMs ?? 0
      expectThat(remainingMs > ttlMs / 2 && remainingMs <= ttlMs, `what remains of ${ttlMs} ms`, remainingMs)
    },
  },
  {
    id: 'expiry/valid-ms',
    rule: 'validity',
    title: 'validMs is not more than the ttl and of its order',
    run: async ({ a, claim }) => {
      const mine = claim()
      const outcomes = [
        await expectGranted(a, mine, 'nobody holds the name'),
        await expectGranted(a, mine, 'a repeated claim'),
        ...(await a.extend([mine])),
      ]
      for (const outcome of outcomes) {
        const validMs = 'validMs' in outcome ? outcome.validMs : Number.NaN
        expectThat(validMs <= mine.ttlMs && validMs > mine.ttlMs / 2, `validMs of a lease of ${mine.ttlMs} ms`, outcome)
      }
    },
  },
  {
    id: 'expiry/valid-ms-honest',
    rule: 'validity',
    title: 'a lease lasts as long as validMs said, also after a repeated claim and an extend',
    run: async ({ a, b, named, claim, ms, now, pass, before }) => {
      const ttlMs = ms(400)
      const first = claim({ name: named('/acquired'), ttlMs })
      const repeated = claim({ name: named('/repeated') })
      const extended = claim({ name: named('/extended') })
      await expectGranted(a, repeated, 'nobody holds the name')
      await expectGranted(a, extended, 'nobody holds the name')
      const start = now()
      // The calls are made at once, so that the leases are far from their ends even where each call takes long.
      const [[extension], ...grants] = await Promise.all([
        a.extend([{ ...extended, ttlMs }]),
        expectGranted(a, first, 'nobody holds the name'),
        expectGranted(a, { ...repeated, ttlMs }, 'a repeated claim'),
      ])
      const validMs = [...grants, extension].map((one) => (one !== undefined && 'validMs' in one ? one.validMs : 0))
      await before(start + Math.min(...validMs), async () => {
        await pass(Math.min(...validMs) * 0.75)
        const names = [first, repeated, extended].map(({ name }) => name)
        await Promise.all(names.map((name) => expectRefused(b, claim({ name }), 'validMs is not over')))
      })
    },
  },
]
