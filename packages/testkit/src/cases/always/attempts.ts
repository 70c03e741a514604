import type { LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectThat } from '../../suite/expect.js'

const { performance } = globalThis
/** The time that a machine may add to any call by chance. */
const NOISE_MS = 40

/** A call makes one attempt. */
export const attempts: readonly ConformanceCase[] = [
  {
    id: 'attempt/no-retry',
    title: 'a refusal takes no longer than other answers: nothing is tried again, or waited for',
    run: async ({ a, b, claim, name }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      const shown = await fastest(() => b.inspect(name))
      const refusal = await fastest(() => b.acquire(claim()))
      const limit = 8 * shown + NOISE_MS
      expectThat(refusal <= limit, `the fastest of six refusals, when inspect takes ${ms(shown)}`, ms(refusal))
      const lost = await fastest(() => b.extend([claim()]))
      expectThat(lost <= limit, `the fastest of six extensions by strangers, when inspect takes ${ms(shown)}`, ms(lost))
    },
  },
]

/** The shortest of six durations, without the time that a busy machine adds to some of them. */
async function fastest(
  call: () => ReturnType<LockBackend[keyof LockBackend & 'inspect']> | Promise<unknown>,
): Promise<number> {
  let shortest = Infinity
  for (let count = 0; count < 6; count++) {
    const begun = performance.now()
    await call()
    shortest = Math.min(shortest, performance.now() - begun)
  }
  return shortest
}

const ms = (duration: number): string => `${duration.toFixed(1)} ms`
