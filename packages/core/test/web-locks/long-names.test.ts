import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLocker, type LockerOptions, toLockManager } from '../../src/index.js'
import { faultyBackend } from '../support/backend.js'
import { microtasks, settled, virtualClock, type VirtualClock } from '../support/clock.js'
import { digestAfter, digestAnew } from '../support/digests.js'
import { hangs } from '../support/faults.js'
import { allowOneMinute } from '../support/time-limit.js'
import { ending } from '../support/world.js'

allowOneMinute()

const never = (): Promise<never> => new Promise(() => {})
const LONG = 'n'.repeat(1_001)

function stage(options: Partial<LockerOptions> = {}) {
  const clock = virtualClock()
  const backend = faultyBackend(clock)
  const locks = createLocker({ backend, clock, ...options })
  const other = createLocker({ backend: backend.store, clock })
  return { clock, backend, locks, other, mine: toLockManager(locks) }
}

/** Waits until the virtual time has passed and no promise of a manager can settle by itself. */
async function rest(clock: VirtualClock, ms: number): Promise<void> {
  await clock.advance(ms)
  await microtasks(200)
}

beforeEach(() => digestAfter(() => microtasks(3)))
afterEach(digestAnew)

/** The durations of a digest, from none to longer than the bound of a call. */
const digests = [
  ['at once', () => Promise.resolve()],
  ['a few turns of the promise queue later', () => microtasks(50)],
  ['a turn of the event loop later', settled],
  ['later than a call may take', (clock: VirtualClock) => pause(clock, 7_000)],
] as const

const pause = (clock: VirtualClock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimeout(resolve, ms))

describe.each(digests)('a name that is stored as its digest, which comes %s', (_, way) => {
  test.each([
    ['answers', false],
    ['does not answer', true],
  ])('aborted at any moment, while the store %s: nothing is left', async (__, isSilent) => {
    const wrong: unknown[] = []
    for (const when of [...Array.from({ length: 40 }, (___, i) => i), 60, 100]) {
      const { clock, backend, other, mine, locks } = stage({ ttlMs: 1_000, attemptTimeoutMs: 200 })
      digestAfter(() => way(clock))
      if (isSilent) backend.always('acquire', (execute) => hangs(execute, clock))
      const first = new AbortController()
      const ends = [ending(mine.request(LONG, { signal: first.signal }, never))]
      // After the bound of a call, later steps do not wait for this name any more.
      await rest(clock, isSilent ? 8_000 : 0)
      const second = new AbortController()
      ends.push(ending(mine.request(LONG, { signal: second.signal }, never)))
      await microtasks(when)
      second.abort('second')
      first.abort('first')
      if (isSilent) backend.always('acquire', (execute) => execute())
      await rest(clock, 20_000)
      const { held, pending } = await clock.until(other.query())
      const isGranted = !isSilent && held.length === 1
      if (held.length + pending.length > (isGranted ? 1 : 0)) wrong.push({ when, held, pending })
      if (!isGranted) expect(await Promise.all(ends)).toEqual([{ error: 'first' }, { error: 'second' }])
      await clock.until(locks.close())
      await clock.until(other.close())
      if (clock.pending() > 0) wrong.push({ when, timers: clock.pending() })
    }
    expect(wrong).toEqual([])
  })

  test('two requests for it while the store does not answer: asked for in their order', async () => {
    const { clock, backend, locks, mine } = stage({ ttlMs: 1_000, attemptTimeoutMs: 200 })
    digestAfter(() => way(clock))
    backend.always('acquire', (execute) => hangs(execute, clock))
    void ending(mine.request(LONG, never))
    await rest(clock, 8_000)
    let digested = 0
    // The second digest is ready before the first.
    digestAfter(async () => {
      if (digested++ === 0) await settled()
      await way(clock)
    })
    const before = backend.calls('acquire').length
    void ending(mine.request(LONG, { mode: 'shared' }, never))
    void ending(mine.request(LONG, { ifAvailable: true }, never))
    await rest(clock, 199)
    for (let i = 0; i < 100; i++) await rest(clock, 100)
    const modes = new Map(
      backend
        .calls('acquire')
        .slice(before)
        .map(({ claim }) => [claim.owner, claim.mode]),
    )
    const [, ...order] = new Set([backend.calls('acquire')[0]?.claim.owner, ...modes.keys()])
    expect(order.map((owner) => modes.get(owner as string))).toEqual(['shared', 'exclusive'])
    await clock.until(locks.close())
  })

  test('closed before the digest is there: rejects, and nothing is sent', async () => {
    const { clock, backend, locks, mine } = stage()
    digestAfter(() => way(clock))
    const end = ending(mine.request(LONG, never))
    const closing = locks.close()
    await clock.until(closing)
    await rest(clock, 20_000)
    expect(await end).toMatchObject({ error: { code: 'LOCK_CLOSED' } })
    expect(backend.calls()).toEqual([])
  })
})

test('a platform without digests: long names are refused, short ones are not', async () => {
  const { clock, mine } = stage()
  digestAfter(async () => {
    throw new Error('no digest')
  })
  const long = ending(mine.request(LONG, () => 'long'))
  const short = ending(mine.request('short', () => 'short'))
  await rest(clock, 100)
  expect(await long).toMatchObject({ error: { message: 'no digest' } })
  expect(await short).toEqual({ value: 'short' })
})
