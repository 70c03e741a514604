import { describe, expect, test } from 'vitest'
import { createLocker, memoryBackend } from '../../src/index.js'
import { allowOneMinute } from '../support/time-limit.js'
import { NAME, world } from '../support/world.js'

allowOneMinute()

/** The greatest number of promises that settle within one turn of the event loop. */
function mostPerTurn(promises: readonly Promise<unknown>[]): {
  readonly most: () => number
  readonly all: Promise<unknown>
} {
  let settled = 0
  let most = 0
  let last = 0
  const count = (): void => void settled++
  const all = Promise.all(promises.map((promise) => promise.then(count, count)))
  const look = (): void => {
    most = Math.max(most, settled - last)
    last = settled
    if (settled < promises.length) setImmediate(look)
  }
  setImmediate(look)
  return { most: () => Math.max(most, settled - last), all }
}

describe('20,000 waiters that end together', () => {
  const COUNT = 20_000

  test.each(['one signal', 'close()'])('by %s do not block the event loop', async (by) => {
    const locks = createLocker({ backend: memoryBackend() })
    const held = await locks.acquire(NAME)
    const controller = new AbortController()
    const waiting = Array.from({ length: COUNT }, () =>
      locks.acquire(NAME, { waitMs: Infinity, signal: controller.signal }),
    )
    const { most, all } = mostPerTurn(waiting)
    if (by === 'close()') void locks.close()
    else controller.abort()
    await all
    expect(most()).toBeLessThan(COUNT / 2)
    await held.release()
    await locks.close()
  })

  test('at the same time do not block the event loop', async () => {
    const { clock, locks } = world()
    await locks.acquire(NAME)
    const waiting = Array.from({ length: COUNT }, () => locks.acquire(NAME, { waitMs: 100 }))
    const { most, all } = mostPerTurn(waiting)
    await clock.advance(200)
    await all
    expect(most()).toBeLessThan(COUNT / 2)
  })
})

test('a waiter leaves a long queue at the price of a short one, from whichever end', async () => {
  const cost = async (count: number): Promise<number> => {
    const locks = createLocker({ backend: memoryBackend() })
    await locks.acquire(NAME)
    const controllers = Array.from({ length: count }, () => new AbortController())
    const ends = controllers.map(({ signal }) => locks.acquire(NAME, { signal, waitMs: Infinity }).catch(() => {}))
    const before = process.cpuUsage()
    for (const controller of controllers.toReversed()) controller.abort()
    await Promise.all(ends)
    const { user, system } = process.cpuUsage(before)
    await locks.close()
    return (user + system) / count
  }
  await cost(2_000)
  const [few, many] = [await cost(4_000), await cost(40_000)]
  // A queue that is searched or shifted would cost about ten times as much per waiter for ten times as many waiters.
  expect(many).toBeLessThan(4 * few)
})
