import type { ConformanceCase } from '../../suite/case.js'
import { expectFree, expectGranted, expectHeldBy, expectRefused, expectSame, expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The longest time that core asks for. */
const LONGEST_MS = 2 ** 31 - 1
/** The distance from the end of a time at which it is looked at, for clocks that round. */
const SOON_MS = 5_000

/**
 * Times of hours and days. Virtual time passes; in real time the cases look at the time that is left, because a store
 * that cuts a time shows that at once.
 */
export const longest: readonly ConformanceCase[] = [
  {
    id: 'extension/for-months',
    title: 'a lease that is extended again and again lasts by its last extension, months after its grant',
    run: async (world) => {
      const { a, b, name, claim, exact, outlive, pass } = world
      const mine = claim({ ttlMs: LONGEST_MS })
      await expectGranted(a, mine, 'nobody holds the name')
      for (const handle of [a, b, a, b]) {
        if (exact) await pass(20 * DAY_MS)
        expectSame((await handle.extend([mine]))[0]?.status, 'extended', 'extend of a held lease')
        await expectLeft(world, LONGEST_MS, 'what remains of an extension')
      }
      if (!exact) return
      await pass(LONGEST_MS - SOON_MS)
      await expectRefused(b, claim(), `the lease has ${SOON_MS} ms left`)
      await outlive(SOON_MS)
      await expectFree(a, name, 'the last extension has ended')
    },
  },
  {
    id: 'release/keeps-longest',
    title: 'a release with keepMs keeps the name for three days, or for 2^31 − 1 ms',
    run: async (world) => {
      const { a, b, name, claim, exact, outlive, pass } = world
      for (const keepMs of [3 * DAY_MS, LONGEST_MS]) {
        const mine = claim()
        await expectGranted(a, mine, 'nobody holds the name')
        expectSame(await a.release({ name, owner: mine.owner, keepMs }), 'released', 'release with keepMs by the owner')
        await expectLeft(world, keepMs, `what remains of a name that is kept for ${keepMs} ms`)
        await pass(exact ? keepMs - SOON_MS : 20)
        await expectRefused(b, claim(), `the name is kept for ${keepMs} ms`)
        if (exact) await outlive(SOON_MS)
        else await a.evict(name)
      }
    },
  },
  {
    id: 'line/longest-place',
    rule: 'place',
    title: 'a place in line is kept for two hours, or for 2^31 − 1 ms',
    requires: ['line'],
    run: async ({ a, b, exact, named, claim, pass }) => {
      for (const lineMs of [2 * HOUR_MS, LONGEST_MS]) {
        const name = named(`/${lineMs}`)
        const holder = claim({ name, ttlMs: LONGEST_MS })
        const head = claim({ name, lineMs })
        await expectGranted(a, holder, 'nobody holds the name')
        await expectRefused(b, head, 'the name is held')
        await pass(exact ? lineMs - SOON_MS : 20)
        const { ahead } = await expectRefused(a, claim({ name, lineMs: LONG_MS }), 'the name is held')
        expectSame(ahead, 1, `ahead of the second, behind a place of ${lineMs} ms`)
        await a.release({ name, owner: holder.owner })
        await expectHeldBy(b, name, [head.owner], `the head of the line has a place of ${lineMs} ms`)
      }
    },
  },
]

/** Holds when the name has one holder, with nearly all of this time left. */
async function expectLeft({ b, name }: World, ms: number, promise: string): Promise<void> {
  const remainingMs = (await b.inspect(name))?.holders[0]?.remainingMs ?? 0
  expectThat(remainingMs > ms - LONG_MS && remainingMs <= ms, promise, remainingMs)
}
