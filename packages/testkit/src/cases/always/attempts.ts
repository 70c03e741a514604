import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectThat } from '../../suite/expect.js'

const { performance } = globalThis
/** The time that a machine may add to any call by chance. */
const NOISE_MS = 40
const MOST = 24

/** A call makes one attempt. */
export const attempts: readonly ConformanceCase[] = [
  {
    id: 'attempt/no-retry',
    title: 'a refusal takes no longer than other answers: nothing is tried again, or waited for',
    run: async ({ a, b, claim, name }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      const shown = await fastest(() => b.inspect(name))
      const limit = 8 * shown + NOISE_MS
      const refusal = await fastest(() => b.acquire(claim()), limit)
      expectThat(refusal <= limit, `the fastest refusal of ${MOST}, when inspect takes ${ms(shown)}`, ms(refusal))
      const lost = await fastest(() => b.extend([claim()]), limit)
      expectThat(
        lost <= limit,
        `the fastest extension of ${MOST} without a hold, when inspect takes ${ms(shown)}`,
        ms(lost),
      )
    },
  },
]

/**
 * The shortest of six durations, without the time that a busy machine adds to some of them; of more as long as none is
 * within `limit`.
 */
async function fastest(call: () => Promise<unknown>, limit = Infinity): Promise<number> {
  let shortest = Infinity
  for (let count = 0; count < 6 || (count < MOST && shortest > limit); count++) {
    const begun = performance.now()
    await call()
    shortest = Math.min(shortest, performance.now() - begun)
  }
  return shortest
}

const ms = (duration: number): string => `${duration.toFixed(1)} ms`
