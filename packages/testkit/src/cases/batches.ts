import type { ConformanceCase } from '../case.js'
import { granted, heldBy, same, unheld } from '../expect.js'

/** Extend takes many claims and answers each for itself. */
export const batches: readonly ConformanceCase[] = [
  {
    id: 'batches/empty',
    title: 'an empty batch answers an empty list',
    run: async ({ a }) => same(await a.extend([]), [], 'extend of no claims'),
  },
  {
    id: 'batches/order',
    title: 'a batch answers in the order of its claims, whatever was lost',
    run: async ({ a, named, wish }) => {
      const claims = [0, 1, 2, 3, 4, 5, 6].map((index) => wish({ name: named(`/${index}`) }))
      const held = claims.map((_, index) => [1, 2, 5].includes(index))
      for (const [index, claim] of claims.entries()) if (held[index]) await granted(a, claim, 'a free name')
      const statuses = (await a.extend(claims)).map((outcome) => outcome.status)
      same(
        statuses,
        held.map((one) => (one ? 'extended' : 'lost')),
        'one answer per claim, in order',
      )
    },
  },
  {
    id: 'batches/loss-is-single',
    title: 'a lost claim in a batch neither fails the others nor is created',
    run: async ({ a, b, named, wish, ms, now, outlive, before }) => {
      const names = [named('/lost'), named('/held'), named('/taken')]
      const owners = [wish(), wish(), wish()].map((claim) => claim.owner)
      const short = names.map((name, index) => wish({ name, owner: owners[index] ?? '', ttlMs: ms(200) }))
      const start = now()
      const taken = wish({ name: named('/taken') })
      await granted(b, taken, 'a free name')
      await granted(a, short[1] ?? wish(), 'a free name')
      const outcomes = await before(start + ms(200), () =>
        a.extend(short.map((claim) => ({ ...claim, ttlMs: 60_000 }))),
      )
      same(
        outcomes.map((outcome) => outcome.status),
        ['lost', 'extended', 'lost'],
        'a batch of a free, an own and a foreign name',
      )
      await outlive(ms(200))
      await unheld(a, named('/lost'), 'a batch creates nothing')
      await heldBy(a, named('/held'), [owners[1] ?? ''], 'the held one was extended')
      await heldBy(a, named('/taken'), [taken.owner], 'the one of somebody else')
    },
  },
  {
    id: 'batches/own-ttl',
    title: 'each claim of a batch is extended to its own ttl',
    run: async ({ a, named, wish, ms, now, outlive, before }) => {
      const long = wish({ name: named('/long'), ttlMs: ms(200) })
      const short = wish({ name: named('/short'), ttlMs: ms(200) })
      const start = now()
      await granted(a, long, 'a free name')
      await granted(a, short, 'a free name')
      await before(start + ms(200), () => a.extend([{ ...long, ttlMs: 60_000 }, short]))
      await outlive(ms(200))
      await heldBy(a, long.name, [long.owner], 'extended to 60 000 ms')
      await unheld(a, short.name, `extended to ${ms(200)} ms`)
    },
  },
  {
    id: 'batches/large',
    title: 'a batch of 250 claims answers 250 outcomes',
    run: async ({ a, b, named, wish }) => {
      const claims = Array.from({ length: 250 }, (_, index) => wish({ name: named(`/${index}`) }))
      const held = claims.filter((_, index) => index % 5 !== 0)
      await Promise.all(held.map((claim) => granted(a, claim, 'a free name')))
      const outcomes = await b.extend(claims)
      same(outcomes.length, claims.length, 'how many outcomes 250 claims have')
      const wrong = outcomes.flatMap(({ status }, index) =>
        status === (index % 5 === 0 ? 'lost' : 'extended') ? [] : [`${index}: ${status}`],
      )
      same(wrong, [], 'outcomes that differ: every fifth of 250 claims is lost, the others are extended')
    },
  },
  {
    id: 'batches/same-name',
    title: 'two owners of one name in one batch are told apart',
    run: async ({ a, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const statuses = (await a.extend([wish(), mine, wish()])).map((outcome) => outcome.status)
      same(statuses, ['lost', 'extended', 'lost'], 'a batch of a stranger, the owner and another stranger')
      await heldBy(a, name, [mine.owner], 'after a batch with strangers')
    },
  },
]
