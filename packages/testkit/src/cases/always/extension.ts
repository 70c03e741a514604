import type { ConformanceCase } from '../../suite/case.js'
import {
  expectFree,
  expectGranted,
  expectHeldBy,
  expectLost,
  expectRefused,
  expectSame,
  expectThat,
} from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS } from '../../suite/world.js'
import { expectRemaining } from './aborted.js'

/** A store that counts extensions in too few bits, or up to a round number, goes wrong beside one of these counts. */
const CHECKED = [2, 7, 8, 9, 15, 16, 17, 20, 30, 31, 32, 33, 50, 63, 64, 65, 99, 100, 101, 127, 128, 129, 200].concat([
  255, 256, 257, 300, 301,
])

/** How many fences the extensions of one case reserve. */
const RESERVED = [5, 2 ** 20, 5, 128]

/** Extend prolongs a lease that is held. */
export const extension: readonly ConformanceCase[] = [
  {
    id: 'extension/prolongs',
    title: 'an extended lease outlives its first ttl',
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      const [outcome] = await before(start + mine.ttlMs, () => a.extend([claim({ owner: mine.owner })]))
      expectSame(outcome?.status, 'extended', 'extend of a held lease')
      await outlive(mine.ttlMs)
      await expectHeldBy(b, name, [mine.owner], 'after the first ttl')
    },
  },
  {
    id: 'extension/ends',
    title: 'an extended lease ends too',
    run: async ({ a, name, claim, ms, now, pass, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      await before(start + mine.ttlMs, async () => {
        await pass(mine.ttlMs / 2)
        expectSame((await a.extend([mine]))[0]?.status, 'extended', 'extend of a held lease')
      })
      await outlive(mine.ttlMs)
      await expectFree(a, name, 'an extension counts from the moment of the call, not from the old end')
    },
  },
  {
    id: 'extension/reserve-cuts-nothing',
    title: 'an extension that reserves fences shortens nothing, alone and in a batch',
    requires: ['fencing'],
    run: async ({ a, b, named, claim, ms, outlive }) => {
      const held = RESERVED.map((_, index) => claim({ name: named(`/${index}`), ttlMs: 3 * LONG_MS }))
      for (const mine of held) await expectGranted(a, mine, 'nobody holds the name')
      const short = held.map((mine, index) => ({ ...mine, ttlMs: ms(50), fences: RESERVED[index] ?? 1 }))
      const [alone, ...batch] = [short.slice(0, 1), short.slice(1, 2), short.slice(2)]
      const outcomes = [
        ...(await a.extend(alone)),
        ...(await a.extend(batch[0] ?? [])),
        ...(await b.extend(batch[1] ?? [])),
      ]
      for (const { status } of outcomes) expectSame(status, 'extended', 'an extension that reserves fences')
      await outlive(ms(50))
      for (const [index, mine] of held.entries()) {
        const promise = `after an extension for less that reserved fences ${index < 2 ? 'alone' : 'in a batch'}`
        expectRemaining(await b.inspect(mine.name), mine, promise)
        await expectRefused(a, claim({ name: mine.name }), promise)
      }
    },
  },
  {
    id: 'extension/creates-nothing',
    title: 'extend never creates a lease',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      expectLost(await a.extend([mine]), 'extend of a name that nobody ever held')
      await expectFree(a, name, 'after an extend of nothing')
      await expectGranted(b, claim(), 'nobody holds the name')
    },
  },
  {
    id: 'extension/again-and-again',
    title: 'a lease can be extended any number of times',
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      let since = now()
      await expectGranted(a, mine, 'nobody holds the name')
      for (const handle of [a, b, a, b, a]) {
        since = await before(since + mine.ttlMs, async () => {
          await pass(mine.ttlMs / 2)
          const start = now()
          expectSame((await handle.extend([mine]))[0]?.status, 'extended', 'extend of a lease extended before')
          return start
        })
      }
      await before(since + mine.ttlMs, () => expectHeldBy(b, name, [mine.owner], 'after five extensions'))
    },
  },
  {
    id: 'extension/three-hundred',
    title: 'each of three hundred extensions counts',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const longer = { ...mine, ttlMs: 3 * mine.ttlMs }
      await expectGranted(a, mine, 'nobody holds the name')
      let made = 0
      for (const [index, checked] of CHECKED.entries()) {
        // An extension to the same time as the extension before could do nothing, and no answer would show that.
        const [before, now] = index % 2 ? [longer, mine] : [mine, longer]
        const others = Array.from({ length: checked - made - 1 }, () => before)
        await inPortions(others, (each, at) => (at % 2 ? a : b).extend([each]))
        made = checked
        const [outcome] = await b.extend([now])
        expectSame(outcome?.status, 'extended', `extension ${checked} of a held lease`)
        const remainingMs = (await a.inspect(name))?.holders[0]?.remainingMs ?? 0
        const isLonger = remainingMs > 2 * mine.ttlMs
        expectThat(
          isLonger === (now === longer),
          `what remains of ${now.ttlMs} ms, by extension ${checked}`,
          remainingMs,
        )
      }
    },
  },
]
