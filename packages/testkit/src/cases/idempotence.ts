import type { ConformanceCase } from '../case.js'
import { granted, heldBy, isGranted, keeps, refused, same, unheld } from '../expect.js'

/** A command may arrive twice. The second time says the same and does no harm. */
export const idempotence: readonly ConformanceCase[] = [
  {
    id: 'idempotence/claim',
    title: 'an owner who claims again is told "yours"',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await granted(a, mine, 'the same owner claims again')
      await granted(b, mine, 'the same owner claims again through the other handle')
      await heldBy(a, name, [mine.owner], 'after repeated claims')
    },
  },
  {
    id: 'idempotence/claim-refreshes',
    title: 'a repeated claim refreshes the lease to its ttl',
    run: async ({ a, b, wish, ms, now, outlive, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'nobody holds the name')
      await before(start + mine.ttlMs, () => granted(a, wish({ owner: mine.owner }), 'the same owner claims again'))
      await outlive(mine.ttlMs)
      await refused(b, wish(), 'the repeated claim asked for a longer lease')
    },
  },
  {
    id: 'idempotence/claim-fence',
    title: 'a repeated claim answers the same fence',
    requires: ['fencing'],
    run: async ({ a, b, wish }) => {
      const mine = wish()
      const { fence } = await granted(a, mine, 'nobody holds the name')
      const again = [await a.acquire(mine), await b.acquire(mine), await b.acquire(mine)]
      const fences = again.map((outcome) => isGranted(outcome, 'a repeated claim').fence)
      same(fences, [fence, fence, fence], 'fences of repeated claims')
    },
  },
  {
    id: 'idempotence/claims-do-not-count',
    title: 'however often an owner claimed, one release frees the name',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      for (let round = 0; round < 3; round++) await granted(a, mine, 'the same owner claims')
      same(await a.release({ name, owner: mine.owner }), 'released', 'the one release')
      await granted(b, wish(), 'the name was released')
    },
  },
  {
    id: 'idempotence/claim-after-release',
    title: 'a claim that arrives again after the release ends by itself within its ttl',
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const mine = wish({ ttlMs: ms(100) })
      await granted(a, mine, 'nobody holds the name')
      await a.release({ name, owner: mine.owner })
      await a.acquire(mine)
      await outlive(mine.ttlMs)
      await granted(b, wish(), 'the repeated claim has ended')
    },
  },
  {
    id: 'idempotence/release',
    title: 'the second release answers that nothing was held',
    run: async ({ a, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const ownership = { name, owner: mine.owner }
      same(await a.release(ownership), 'released', 'the first release')
      same(await a.release(ownership), 'not-held', 'the second release')
      await unheld(a, name, 'after two releases')
    },
  },
  {
    id: 'idempotence/extend',
    title: 'an extend that arrives twice answers the same twice',
    run: async ({ a, b, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const answers = [...(await a.extend([mine])), ...(await b.extend([mine])), ...(await a.extend([mine]))]
      keeps(
        answers.length === 3 && answers.every((answer) => answer.status === 'extended'),
        'every one of three extends by the owner answers "extended"',
        answers,
      )
    },
  },
]
