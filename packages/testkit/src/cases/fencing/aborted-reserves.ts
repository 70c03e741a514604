import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectThat, fenceOf } from '../../suite/expect.js'
import { answerOf, atEachMoment } from '../always/aborted.js'

/** Fences are reserved also when the owner does not wait for the answer any more. */
export const abortedReserves: readonly ConformanceCase[] = [
  {
    id: 'attempt/aborted-reserve',
    title: 'an extension that reserves, and whose caller has gone, answers the truth, or throws',
    requires: ['fencing'],
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const mine = world.claim({ name })
        const granted = fenceOf(await expectGranted(world.a, mine, 'nobody holds the name'))
        const reserving = { ...mine, fences: 10 }
        const outcome = await answerOf(when, world, (signal) => world.a.extend([reserving], { signal }))
        const [answer] = outcome ?? []
        if (answer === undefined || answer.status === 'unknown') return
        expectThat(answer.status === 'extended', `an extension aborted ${when}, by the owner`, answer)
        const first = fenceOf(answer)
        expectThat(first > granted, `the first of 10 fences reserved after ${granted}, aborted ${when}`, first)
        const [next] = await world.b.extend([reserving])
        expectThat(next?.status === 'extended', 'a further extension by the owner', next)
        expectThat(fenceOf(next) >= first + 10, `fences reserved after ten from ${first}, aborted ${when}`, next)
      }),
  },
]
