import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused, expectSame, expectThat } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'
import { answerOf, atEachMoment } from '../always/aborted.js'

const lineMs = LONG_MS

/** The answers to waiters that do not wait for them any more. */
export const abortedLines: readonly ConformanceCase[] = [
  {
    id: 'attempt/aborted-line',
    title: 'a claim for a place in line whose caller has gone answers the truth, or throws',
    requires: ['line'],
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const { a, b } = world
        await expectGranted(a, world.claim({ name }), 'nobody holds the name')
        await expectRefused(a, world.claim({ name, lineMs }), 'the name is held')
        const mine = world.claim({ name, lineMs })
        for (const claiming of ['a claim', 'a repeated claim']) {
          const outcome = await answerOf(when, world, (signal) => b.acquire(mine, { signal }))
          if (outcome === null) continue
          const promise = `${claiming} for the second place in line, aborted ${when}`
          expectThat(!outcome.acquired, `${promise}: expected a refusal`, outcome)
          const seen = [outcome.ahead, (await a.inspect(name))?.waiting]
          expectSame(seen, [1, 2], `${promise}: how many stand before it, and how many wait`)
        }
      }),
  },
  {
    id: 'attempt/aborted-leave',
    title: 'a release that gives up a place in line, and whose caller has gone, answers the truth, or throws',
    requires: ['line'],
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const { a, b } = world
        const mine = world.claim({ name, lineMs })
        await expectGranted(a, world.claim({ name }), 'nobody holds the name')
        await expectRefused(b, mine, 'the name is held')
        const outcome = await answerOf(when, world, (signal) => b.release({ name, owner: mine.owner }, { signal }))
        if (outcome === null) return
        expectSame(outcome, 'not-held', `a release aborted ${when}, by a waiter`)
        expectSame(
          (await a.inspect(name))?.waiting,
          0,
          `how many wait, after a waiter left by a release aborted ${when}`,
        )
      }),
  },
]
