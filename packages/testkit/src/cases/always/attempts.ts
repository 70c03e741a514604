import type { LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { BrokenPromise, expectGranted, expectHeldBy, expectThat } from '../../suite/expect.js'
import type { World } from '../../suite/world.js'

const { performance } = globalThis
/** The time that a machine may add to any call by chance. */
const NOISE_MS = 40

/** A call makes one attempt, and what it answers is certain, also when nobody waits for it any more. */
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
  {
    id: 'attempt/aborted-acquire',
    title: 'a claim whose caller has gone answers the truth, or throws',
    run: async (world) => {
      for (const when of MOMENTS) {
        const name = world.named(`/${when}`)
        const mine = world.claim({ name })
        const outcome = await aborted(when, world, (signal) => world.a.acquire(mine, { signal }))
        const holders = (await world.b.inspect(name))?.holders.map(({ owner }) => owner) ?? []
        const promise = `a claim aborted ${when} that was answered ${JSON.stringify(outcome)}: whether its owner holds`
        if (outcome !== null) expectThat(holders.includes(mine.owner) === outcome.acquired, promise, holders)
      }
    },
  },
  {
    id: 'attempt/aborted-release',
    title: 'a release whose caller has gone answers the truth, or throws',
    run: async (world) => {
      for (const when of MOMENTS) {
        const name = world.named(`/${when}`)
        const mine = world.claim({ name })
        await expectGranted(world.a, mine, 'nobody holds the name')
        const outcome = await aborted(when, world, (signal) => world.a.release({ name, owner: mine.owner }, { signal }))
        if (outcome === 'released') await expectHeldBy(world.b, name, [], `after a release aborted ${when}`)
        if (outcome === 'not-held')
          throw new BrokenPromise(`a release aborted ${when}, by the owner\n  seen: "not-held"`)
      }
    },
  },
  {
    id: 'attempt/aborted-extend',
    title: 'an extension whose caller has gone answers the truth, or throws',
    run: async (world) => {
      for (const when of MOMENTS) {
        const mine = world.claim({ name: world.named(`/${when}`), ttlMs: 1_000_000 })
        await expectGranted(world.a, mine, 'nobody holds the name')
        const longer = { ...mine, ttlMs: 2_000_000 }
        const outcome = await aborted(when, world, (signal) => world.a.extend([longer], { signal }))
        const [answer] = outcome ?? []
        if (answer === undefined || answer.status === 'unknown') continue
        expectThat(answer.status === 'extended', `an extension aborted ${when}, by the owner`, answer)
        const remainingMs = (await world.b.inspect(mine.name))?.holders[0]?.remainingMs ?? 0
        expectThat(
          remainingMs > mine.ttlMs,
          `what remains of 2 000 000 ms after an extension aborted ${when}`,
          remainingMs,
        )
      }
    },
  },
]

const MOMENTS = ['before', 'at once', 'a turn later'] as const

/** The answer of a call with an aborted signal; `null` when it throws, as it may. */
async function aborted<T>(
  when: (typeof MOMENTS)[number],
  { pass }: World,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const controller = new AbortController()
  if (when === 'before') controller.abort()
  const answer = call(controller.signal).catch(() => null)
  if (when === 'a turn later') await new Promise((resolve) => setImmediate(resolve))
  controller.abort()
  const outcome = await answer
  // The store may execute a command after its call was given up.
  await pass(20)
  return outcome
}

/** The shortest of some durations: what a machine adds by chance is in none of them, or in all. */
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
