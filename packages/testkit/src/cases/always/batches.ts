import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectSame, expectFree } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS } from '../../suite/world.js'

/** Extend takes many claims and answers each for itself. */
export const batches: readonly ConformanceCase[] = [
  {
    id: 'batches/empty',
    title: 'an empty batch answers an empty list',
    run: async ({ a }) => expectSame(await a.extend([]), [], 'extend of no claims'),
  },
  {
    id: 'batches/order',
    title: 'a batch answers in the order of its claims, whatever was lost',
    run: async ({ a, named, claim }) => {
      const claims = [0, 1, 2, 3, 4, 5, 6].map((index) => claim({ name: named(`/${index}`) }))
      const held = claims.map((_, index) => [1, 2, 5].includes(index))
      for (const [index, each] of claims.entries()) if (held[index]) await expectGranted(a, each, 'a free name')
      const statuses = (await a.extend(claims)).map((outcome) => outcome.status)
      expectSame(
        statuses,
        held.map((one) => (one ? 'extended' : 'lost')),
        'one answer per claim, in order',
      )
    },
  },
  {
    id: 'batches/loss-is-single',
    title: 'a lost claim in a batch neither fails the others nor is created',
    run: async ({ a, b, named, claim, ms, now, outlive, before }) => {
      const names = [named('/lost'), named('/held'), named('/taken')]
      const owners = [claim(), claim(), claim()].map((each) => each.owner)
      const short = names.map((name, index) => claim({ name, owner: owners[index] ?? '', ttlMs: ms(200) }))
      const start = now()
      const taken = claim({ name: named('/taken') })
      await expectGranted(b, taken, 'a free name')
      await expectGranted(a, short[1] ?? claim(), 'a free name')
      const outcomes = await before(start + ms(200), () => a.extend(short.map((each) => ({ ...each, ttlMs: LONG_MS }))))
      expectSame(
        outcomes.map((outcome) => outcome.status),
        ['lost', 'extended', 'lost'],
        'a batch of a free, an own and a foreign name',
      )
      await outlive(ms(200))
      await expectFree(a, named('/lost'), 'a batch creates nothing')
      await expectHeldBy(a, named('/held'), [owners[1] ?? ''], 'the held one was extended')
      await expectHeldBy(a, named('/taken'), [taken.owner], 'the one of somebody else')
    },
  },
  {
    id: 'batches/own-ttl',
    title: 'each claim of a batch is extended to its own ttl',
    run: async ({ a, named, claim, ms, now, outlive, before }) => {
      const long = claim({ name: named('/long'), ttlMs: ms(200) })
      const short = claim({ name: named('/short'), ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, long, 'a free name')
      await expectGranted(a, short, 'a free name')
      await before(start + ms(200), () => a.extend([{ ...long, ttlMs: LONG_MS }, short]))
      await outlive(ms(200))
      await expectHeldBy(a, long.name, [long.owner], 'extended to 60 000 ms')
      await expectFree(a, short.name, `extended to ${ms(200)} ms`)
    },
  },
  {
    id: 'batches/large',
    title: 'a batch of 250 claims answers 250 outcomes',
    run: async ({ a, b, named, claim }) => {
      const claims = Array.from({ length: 250 }, (_, index) => claim({ name: named(`/${index}`) }))
      const held = claims.filter((_, index) => index % 5 !== 0)
      await inPortions(held, (each) => expectGranted(a, each, 'a free name'))
      const outcomes = await b.extend(claims)
      expectSame(outcomes.length, claims.length, 'how many outcomes 250 claims have')
      const wrong = outcomes.flatMap(({ status }, index) =>
        status === (index % 5 === 0 ? 'lost' : 'extended') ? [] : [`${index}: ${status}`],
      )
      expectSame(wrong, [], 'outcomes that differ: every fifth of 250 claims is lost, the others are extended')
    },
  },
  {
    id: 'batches/same-name',
    title: 'two owners of one name in one batch are two owners',
    run: async ({ a, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const statuses = (await a.extend([claim(), mine, claim()])).map((outcome) => outcome.status)
      expectSame(statuses, ['lost', 'extended', 'lost'], 'a batch of a stranger, the owner and another stranger')
      await expectHeldBy(a, name, [mine.owner], 'after a batch with strangers')
    },
  },
  {
    id: 'batches/joined',
    title: 'claims of one batch whose names and owners read the same when joined are answered each for itself',
    run: async ({ a, b, named, owner, claim }) => {
      const signs = [':', '/', '|', '.', ',', ';', '~', '#', '@', '-', '_', '=', ' ', '\t', '\n', '\0', '']
      const pairs = signs.map((sign, index) => {
        const [name, middle, own] = [named(`/${index}`), `${sign}middle`, owner('joined')]
        const one = claim({ name, owner: `middle${sign}${own}` })
        const other = claim({ name: named(`/${index}${middle}`), owner: own })
        return index % 2 === 0 ? { held: one, free: other } : { held: other, free: one }
      })
      await inPortions(pairs, ({ held }) => expectGranted(a, held, 'a free name'))
      const asked = pairs.flatMap(({ held, free }) => [held, free])
      const expected = pairs.flatMap(() => ['extended', 'lost'])
      const promise = 'a batch of pairs, of which the first is held and the second is not'
      const statuses = (outcomes: Awaited<ReturnType<typeof b.extend>>): string[] => outcomes.map((one) => one.status)
      expectSame(statuses(await b.extend(asked)), expected, promise)
      expectSame(statuses(await b.extend(asked.toReversed())), expected.toReversed(), `${promise}, from its end`)
    },
  },
]
