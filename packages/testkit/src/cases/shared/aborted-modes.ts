import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectSame } from '../../suite/expect.js'
import { answerOf, atEachMoment } from '../always/aborted.js'

const reading = { mode: 'shared', limit: 2 } as const

/** The answers to readers that do not wait for them any more. */
export const abortedModes: readonly ConformanceCase[] = [
  {
    id: 'attempt/aborted-shared',
    title: 'a shared claim whose caller has gone answers the truth, or throws',
    requires: ['shared'],
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const { a, b } = world
        const [first, second, third] = [0, 1, 2].map(() => world.claim({ ...reading, name }))
        if (first === undefined || second === undefined || third === undefined) return
        await expectGranted(a, first, 'nobody holds the name')
        const entered = await answerOf(when, world, (signal) => a.acquire(second, { signal }))
        if (entered !== null) {
          expectSame(entered.acquired, true, `a second reader of two, aborted ${when}: whether it is granted`)
          await expectHeldBy(b, name, [first.owner, second.owner], `after a second reader, aborted ${when}`)
        }
        await expectGranted(b, second, 'a second reader of two')
        const refused = await answerOf(when, world, (signal) => a.acquire(third, { signal }))
        if (refused !== null) expectSame(refused.acquired, false, `a third reader of two, aborted ${when}`)
        await expectHeldBy(b, name, [first.owner, second.owner], `after a third reader of two, aborted ${when}`)
      }),
  },
  {
    id: 'attempt/aborted-shared-release',
    title: 'a release of a shared lease whose caller has gone answers the truth, or throws',
    requires: ['shared'],
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const { a, b } = world
        const [leaving, staying] = [world.claim({ ...reading, name }), world.claim({ ...reading, name })]
        for (const reader of [leaving, staying]) await expectGranted(a, reader, 'fewer readers than two')
        const outcome = await answerOf(when, world, (signal) => a.release({ name, owner: leaving.owner }, { signal }))
        if (outcome === null) return
        expectSame(outcome, 'released', `a release aborted ${when}, by one reader of two`)
        await expectHeldBy(b, name, [staying.owner], `after the release of one reader of two, aborted ${when}`)
      }),
  },
  {
    id: 'attempt/aborted-downgrade',
    title: 'an extension that makes a lease shared, and whose caller has gone, answers the truth, or throws',
    requires: ['shared'],
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const { a, b } = world
        const mine = world.claim({ name })
        await expectGranted(a, mine, 'nobody holds the name')
        const sharing = { ...mine, ...reading }
        const outcome = await answerOf(when, world, (signal) => a.extend([sharing], { signal }))
        const [answer] = outcome ?? []
        if (answer === undefined || answer.status === 'unknown') return
        expectSame(answer.status, 'extended', `an extension as shared aborted ${when}, by the owner`)
        expectSame((await b.inspect(name))?.mode, 'shared', `the mode after an extension as shared aborted ${when}`)
        await expectHeldBy(b, name, [mine.owner], `after an extension as shared aborted ${when}`)
      }),
  },
]
