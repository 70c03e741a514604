import type { Capabilities, Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import {
  expectGranted,
  expectHeldBy,
  isGranted,
  expectThat,
  expectRefused,
  expectSame,
  expectFree,
} from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'
import { expectRemaining } from './aborted.js'

/** The ways to claim again: a store may execute each by a command of its own. */
const repeats = ({ fencing, line }: Capabilities): readonly (readonly [said: string, over: Partial<Claim>])[] => [
  ['claims', {}],
  ['claims with steal', { steal: true }],
  ...(fencing ? [['claims with reserved fences', { fences: 5 }] as const] : []),
  ...(line ? [['claims with a place in line', { lineMs: LONG_MS }] as const] : []),
]

/** A command may arrive twice. The second time it gets the same answer and does no harm. */
export const idempotence: readonly ConformanceCase[] = [
  {
    id: 'idempotence/claim',
    title: 'an owner that claims again is granted the name again',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await expectGranted(a, mine, 'the same owner claims again')
      await expectGranted(b, mine, 'the same owner claims again through the other handle')
      await expectHeldBy(a, name, [mine.owner], 'after repeated claims')
    },
  },
  {
    id: 'idempotence/claim-refreshes',
    title: 'a repeated claim refreshes the lease to its ttl',
    run: async ({ a, b, claim, ms, now, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      await before(start + mine.ttlMs, () =>
        expectGranted(a, claim({ owner: mine.owner }), 'the same owner claims again'),
      )
      await outlive(mine.ttlMs)
      await expectRefused(b, claim(), 'the repeated claim asked for a longer lease')
    },
  },
  {
    id: 'idempotence/claim-cuts-nothing',
    title: 'a repeated claim with a shorter ttl cuts nothing',
    run: async ({ a, b, named, claim, ms, outlive }) => {
      const held = repeats(a.capabilities).map(([said, over]) => {
        const mine = claim({ name: named(`/${said}`), ttlMs: 3 * LONG_MS })
        return { said, mine, again: { ...mine, ...over, ttlMs: ms(50) } }
      })
      for (const { said, mine, again } of held) {
        await expectGranted(a, mine, 'nobody holds the name')
        await expectGranted(b, again, `the same owner ${said} again, for less`)
      }
      await outlive(ms(50))
      for (const { said, mine } of held) {
        const promise = `after its owner ${said} again, for less`
        expectRemaining(await a.inspect(mine.name), mine, promise)
        await expectRefused(b, claim({ name: mine.name }), promise)
      }
    },
  },
  {
    id: 'idempotence/claim-fence',
    title: 'a repeated claim answers the same fence',
    requires: ['fencing'],
    run: async ({ a, b, claim }) => {
      const mine = claim()
      const { fence } = await expectGranted(a, mine, 'nobody holds the name')
      const again = [await a.acquire(mine), await b.acquire(mine), await b.acquire(mine)]
      const fences = again.map((outcome) => isGranted(outcome, 'a repeated claim').fence)
      expectSame(fences, [fence, fence, fence], 'fences of repeated claims')
    },
  },
  {
    id: 'idempotence/claims-do-not-count',
    title: 'however often an owner claimed, one release frees the name',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      for (let round = 0; round < 3; round++) await expectGranted(a, mine, 'the same owner claims')
      expectSame(await a.release({ name, owner: mine.owner }), 'released', 'the one release')
      await expectGranted(b, claim(), 'the name was released')
    },
  },
  {
    id: 'idempotence/claim-after-release',
    title: 'a claim that arrives again after the release ends by itself within its ttl',
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const mine = claim({ ttlMs: ms(100) })
      await expectGranted(a, mine, 'nobody holds the name')
      await a.release({ name, owner: mine.owner })
      await a.acquire(mine)
      await outlive(mine.ttlMs)
      await expectGranted(b, claim(), 'the repeated claim has ended')
    },
  },
  {
    id: 'idempotence/release',
    title: 'the second release answers that nothing was held',
    run: async ({ a, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const ownership = { name, owner: mine.owner }
      expectSame(await a.release(ownership), 'released', 'the first release')
      expectSame(await a.release(ownership), 'not-held', 'the second release')
      await expectFree(a, name, 'after two releases')
    },
  },
  {
    id: 'idempotence/extend',
    title: 'an extend that arrives twice answers the same twice',
    run: async ({ a, b, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const answers = [...(await a.extend([mine])), ...(await b.extend([mine])), ...(await a.extend([mine]))]
      expectThat(
        answers.length === 3 && answers.every((answer) => answer.status === 'extended'),
        'every one of three extends by the owner answers "extended"',
        answers,
      )
    },
  },
]
