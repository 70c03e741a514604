import { describe, expect, test } from 'vitest'
import { type BackoffInput, exponential, fixed } from '../../src/index.js'
import { refused, slow } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

describe('a backoff', () => {
  const noLine = { capabilities: { line: false, watch: false } }

  test('is handed the number of attempts, its last answer, and a random number', async () => {
    const inputs: BackoffInput[] = []
    const backoff = (input: BackoffInput): number => {
      inputs.push(input)
      return inputs.length * 10
    }
    const { clock, locks, other } = world({ retry: { backoff, maxAttempts: 5 } })
    await other().acquire(NAME)
    await clock.until(codeOf(locks.acquire(NAME)))
    expect(inputs.map(({ attempt, previousMs }) => [attempt, previousMs])).toEqual([
      [1, 0],
      [2, 10],
      [3, 20],
      [4, 30],
    ])
    for (const { random } of inputs) expect(random >= 0 && random < 1).toBe(true)
    expect(new Set(inputs.map(({ random }) => random)).size).toBe(4)
  })

  test('says when the store is asked again', async () => {
    const { clock, backend, locks, other } = world(
      { retry: { backoff: exponential({ minMs: 100, maxMs: 1_000 }) } },
      noLine,
    )
    await other().acquire(NAME)
    const before = clock.now()
    const call = codeOf(locks.acquire(NAME, { waitMs: 4_000 }))
    await clock.until(call)
    expect(backend.calls('acquire').map(({ at }) => at - before)).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500])
  })

  test('that two share does not let one use up the attempts of the other', async () => {
    const retry = { backoff: exponential({ minMs: 10, maxMs: 10_000 }), maxAttempts: 6 }
    const alone = world({ retry }, noLine)
    await alone.other().acquire(NAME)
    await alone.clock.until(codeOf(alone.locks.acquire(NAME)))
    const shared = world({ retry }, noLine)
    await shared.other().acquire('a')
    await shared.other().acquire('b')
    await shared.clock.until(Promise.all(['a', 'b', 'a', 'b'].map((name) => codeOf(shared.locks.acquire(name)))))
    expect(alone.backend.calls('acquire').length).toBe(6)
    expect(shared.backend.calls('acquire').length).toBe(4 * 6)
  })

  test('cannot make a waiter sleep beyond the end of the present lease', async () => {
    const { clock, locks, other } = world({ retry: { backoff: fixed(20_000) } }, noLine)
    await other().acquire(NAME, { renew: false, ttlMs: 500 })
    const before = clock.now()
    await clock.until(locks.acquire(NAME))
    expect(clock.now() - before).toBe(500)
  })

  test('cannot make a waiter sleep beyond the end of its wait', async () => {
    const { clock, backend, locks } = world({ retry: { backoff: fixed(20_000) }, waitMs: 700 }, noLine)
    backend.always('acquire', refused())
    const before = clock.now()
    expect(await clock.until(codeOf(locks.acquire(NAME)))).toBe('LOCK_BACKEND')
    expect(clock.now() - before).toBe(700)
  })

  test.each([Number.NaN, -1, Infinity, '10', undefined])(
    'that answers %s is a mistake, and the call rejects',
    async (delay) => {
      const { clock, backend, locks, other } = world({ retry: { backoff: () => delay as number } })
      const held = await other().acquire(NAME)
      expect(await clock.until(ending(locks.acquire(NAME)))).toHaveProperty('error.name', 'RangeError')
      await clock.advance(0)
      expect((await backend.store.inspect(NAME))?.waiting).toBe(0)
      expect(held.held).toBe(true)
    },
  )

  test('that throws ends the wait with what it threw', async () => {
    const error = new Error('mine')
    const backoff = (): never => {
      throw error
    }
    const { clock, backend, locks, other } = world({ retry: { backoff } })
    await other().acquire(NAME)
    const end = await clock.until(ending(locks.acquire(NAME)))
    expect('error' in end && end.error === error).toBe(true)
    await clock.advance(0)
    expect((await backend.store.inspect(NAME))?.waiting).toBe(0)
  })

  test('of 0 ms does not spin', async () => {
    const { clock, backend, locks, other } = world({ retry: { backoff: fixed(0) } }, noLine)
    await other().acquire(NAME)
    await clock.until(codeOf(locks.acquire(NAME, { waitMs: 100 })))
    expect(backend.calls('acquire').length).toBeLessThanOrEqual(101)
  })
})

describe('without a backoff of the caller', () => {
  test('a waiter polls with jitter where the store keeps no line', async () => {
    const { clock, backend, locks, other } = world({}, { capabilities: { line: false, watch: false } })
    await other().acquire(NAME)
    await clock.until(codeOf(locks.acquire(NAME)))
    const sent = backend.calls('acquire').map(({ at }) => at)
    const gaps = sent.slice(1).map((at, i) => at - (sent[i] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...gaps.slice(0, -1))).toBeLessThanOrEqual(250)
    expect(new Set(gaps).size).toBeGreaterThan(20)
  })

  test('a waiter sleeps where the store notifies it of its turn', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    await clock.until(codeOf(locks.acquire(NAME)))
    expect(backend.calls('acquire').length).toBeLessThanOrEqual(35)
  })
})

test('counted attempts keep the pause of the caller between them, also when the watch comes to stand meanwhile', async () => {
  let stand = (): void => {}
  const stands = new Promise<void>((resolve) => (stand = resolve))
  const { clock, backend, locks, other } = world(
    {},
    {
      watch: async () => {
        await stands
        return async () => {}
      },
    },
  )
  const held = await other().acquire(NAME)
  const lease = await locks.acquire('another')
  void lease.signal
  backend.always('acquire', slow(5))
  const waiting = locks.acquire(NAME, { retry: { maxAttempts: 2, backoff: fixed(1_000) } })
  await clock.advance(2)
  stand()
  await clock.advance(500)
  await held.release()
  expect((await clock.until(waiting)).held).toBe(true)
})
