import { describe, expect, test } from 'vitest'
import type { Lease, LockObserver } from '../../src/index.js'
import { ending, NAME, world } from '../support/world.js'

const reason = new Error('enough')

/** An observer that calls `act` at the `nth` event of the hook. */
function acting(hook: 'waiting' | 'contended', nth: number, act: () => void): LockObserver {
  let times = 0
  return {
    [hook]: () => {
      times++
      if (times === nth) act()
    },
  }
}

describe('an abort', () => {
  test.each([1, 2])('inside the hook `waiting` of the waiter number %d of this process ends that wait', async (nth) => {
    const controller = new AbortController()
    const observer = acting('waiting', nth, () => controller.abort(reason))
    const { clock, backend, locks } = world({ observer })
    const held = await locks.acquire(NAME)
    const before = clock.now()
    const others = Array.from({ length: nth - 1 }, () => locks.acquire(NAME))
    const aborted = ending(locks.acquire(NAME, { signal: controller.signal }))
    expect(await clock.until(aborted)).toEqual({ error: reason })
    expect(clock.now()).toBe(before)
    await held.release()
    for (const other of others) await (await clock.until(other)).release()
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test.each([
    ['waiting', 1],
    ['contended', 1],
    ['contended', 2],
  ] as const)('inside the hook `%s`, time %d, behind another process ends the wait', async (hook, nth) => {
    const controller = new AbortController()
    let at = Number.NaN
    const { clock, backend, locks, other } = world({
      observer: acting(hook, nth, () => {
        at = clock.now()
        controller.abort(reason)
      }),
    })
    await other().acquire(NAME)
    expect(await clock.until(ending(locks.acquire(NAME, { signal: controller.signal })))).toEqual({ error: reason })
    expect(clock.now()).toBe(at)
    await clock.advance(1)
    expect((await backend.store.inspect(NAME))?.waiting).toBe(0)
  })

  test('inside a backoff ends the wait, whatever the backoff answers', async () => {
    const controller = new AbortController()
    let at = Number.NaN
    const { clock, locks, other } = world()
    await other().acquire(NAME)
    const backoff = ({ attempt }: { attempt: number }): number => {
      if (attempt < 2) return 100
      at = clock.now()
      controller.abort(reason)
      return 20_000
    }
    const aborted = ending(locks.acquire(NAME, { signal: controller.signal, retry: { backoff } }))
    expect(await clock.until(aborted)).toEqual({ error: reason })
    expect(clock.now()).toBe(at)
  })
})

describe('a release inside the hook `waiting`', () => {
  test.each([true, false])('passes the lease to the one who waits, at once (fencing: %s)', async (fencing) => {
    const observer = acting('waiting', 1, () => void held.release())
    const { clock, locks } = world({ observer }, { capabilities: { fencing } })
    const held: Lease = await locks.acquire(NAME)
    const before = clock.now()
    const next = await clock.until(locks.acquire(NAME))
    expect([clock.now(), held.held, next.held]).toEqual([before, false, true])
    expect(await next.release()).toBe('released')
  })
})
