import type { Inspection } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { BrokenPromise, expectFree, expectGranted, expectHeldBy, expectSame, expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

const MOMENTS = ['before', 'at once', 'a turn later'] as const
type Moment = (typeof MOMENTS)[number]

/** The answer of a call is certain, also when its caller does not wait for it any more. */
export const aborted: readonly ConformanceCase[] = [
  {
    id: 'attempt/aborted-acquire',
    title: 'a claim whose caller has gone answers the truth, or throws',
    run: async (world) => {
      for (const when of MOMENTS) {
        const name = world.named(`/${when}`)
        const mine = world.claim({ name })
        const outcome = await answerOf(when, world, (signal) => world.a.acquire(mine, { signal }))
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
        const outcome = await answerOf(when, world, (signal) =>
          world.a.release({ name, owner: mine.owner }, { signal }),
        )
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
        const outcome = await answerOf(when, world, (signal) => world.a.extend([longer], { signal }))
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
  {
    id: 'attempt/aborted-batch',
    title: 'a batch whose caller has gone answers the truth for each of its claims, or throws',
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const claims = [0, 1, 2, 3, 4].map((index) => world.claim({ name: world.named(`${name}/${index}`) }))
        const isHeld = (index: number): boolean => index !== 2
        for (const [index, mine] of claims.entries())
          if (isHeld(index)) await expectGranted(world.a, mine, 'nobody holds the name')
        const longer = claims.map((mine) => ({ ...mine, ttlMs: 3 * LONG_MS }))
        const outcomes = await answerOf(when, world, (signal) => world.a.extend(longer, { signal }))
        for (const [index, { status }] of outcomes?.entries() ?? []) {
          if (status === 'unknown') continue
          const promise = `claim ${index} of a batch aborted ${when}`
          expectSame(status, isHeld(index) ? 'extended' : 'lost', promise)
          const { owner = '', name: its = '' } = claims[index] ?? {}
          if (isHeld(index)) expectRemaining(await world.b.inspect(its), { owner, ttlMs: 3 * LONG_MS }, promise)
        }
      }),
  },
  {
    id: 'attempt/aborted-keep',
    title: 'a release that keeps the name, and whose caller has gone, answers the truth, or throws',
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const mine = world.claim({ name })
        await expectGranted(world.a, mine, 'nobody holds the name')
        const kept = { name, owner: mine.owner, keepMs: 3 * LONG_MS }
        const outcome = await answerOf(when, world, (signal) => world.a.release(kept, { signal }))
        if (outcome === null) return
        expectSame(outcome, 'released', `a release with keepMs aborted ${when}, by the owner`)
        const promise = `a name that was kept by a release aborted ${when}`
        expectRemaining(await world.b.inspect(name), { owner: mine.owner, ttlMs: kept.keepMs }, promise)
      }),
  },
  {
    id: 'attempt/aborted-inspect',
    title: 'an inspection whose caller has gone answers the truth, or throws',
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        const mine = world.claim({ name })
        await expectGranted(world.a, mine, 'nobody holds the name')
        const outcome = await answerOf(
          when,
          world,
          async (signal) => [await world.b.inspect(name, { signal })] as const,
        )
        if (outcome === null) return
        const owners = outcome[0]?.holders.map(({ owner }) => owner)
        expectSame(owners, [mine.owner], `an inspection aborted ${when}: who holds the name`)
      }),
  },
  {
    id: 'attempt/aborted-evict',
    title: 'an eviction whose caller has gone answers the truth, or throws',
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        await expectGranted(world.a, world.claim({ name }), 'nobody holds the name')
        const outcome = await answerOf(when, world, (signal) => world.b.evict(name, { signal }))
        if (outcome === null) return
        expectSame(outcome, true, `whether an eviction aborted ${when} found a held name held`)
        await expectFree(world.a, name, `after an eviction aborted ${when}`)
      }),
  },
  {
    id: 'attempt/aborted-steal',
    title: 'a claim that steals, and whose caller has gone, answers the truth, or throws',
    run: (world) =>
      atEachMoment(world, async (when, name) => {
        await expectGranted(world.a, world.claim({ name }), 'nobody holds the name')
        const mine = world.claim({ name, steal: true })
        const outcome = await answerOf(when, world, (signal) => world.b.acquire(mine, { signal }))
        if (outcome === null) return
        expectThat(outcome.acquired, `a claim that steals aborted ${when}: expected a grant`, outcome)
        await expectHeldBy(world.a, name, [mine.owner], `after a claim that steals was granted and aborted ${when}`)
      }),
  },
]

/** Runs `act` with each moment at which a caller may abort, and a name of its own. */
export async function atEachMoment(
  { named }: World,
  act: (when: Moment, name: string) => Promise<void>,
): Promise<void> {
  for (const when of MOMENTS) await act(when, named(`/${when}`))
}

/** The answer of a call with an aborted signal; `null` when it throws, as it may. */
export async function answerOf<T>(
  when: Moment,
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

/** Holds when the owner holds the name for `ttlMs`, but for the time that a case may take. */
export function expectRemaining(
  seen: Inspection | null,
  { owner, ttlMs }: { readonly owner: string; readonly ttlMs: number },
  promise: string,
): void {
  const holder = seen?.holders.find((each) => each.owner === owner)
  expectThat(holder !== undefined, `${promise}: its owner holds the name`, seen)
  const left = holder.remainingMs ?? Infinity
  expectThat(left > ttlMs - LONG_MS && left <= ttlMs, `${promise}: what remains of ${ttlMs} ms`, left)
}
