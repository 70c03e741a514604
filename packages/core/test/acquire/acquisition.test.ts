import { describe, expect, test } from 'vitest'
import { fixed } from '../../src/index.js'
import { refused, replyLost, requestLost, slow } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

describe('tryAcquire', () => {
  test('makes exactly one attempt, and answers the lease or null', async () => {
    const { backend, locks, other } = world({ waitMs: 60_000, retry: { maxAttempts: 9 } })
    const lease = await locks.tryAcquire(NAME)
    expect(lease?.held).toBe(true)
    expect(await other().tryAcquire(NAME)).toBeNull()
    expect(await locks.tryAcquire(NAME)).toBeNull()
    expect(backend.calls('acquire').length).toBe(2)
  })

  test('leaves no place in the line of the store', async () => {
    const { clock, backend, locks, other } = world()
    const lease = await other().acquire(NAME)
    await locks.tryAcquire(NAME)
    expect((await backend.store.inspect(NAME))?.waiting).toBe(0)
    await clock.until(lease.release())
    expect(await backend.store.inspect(NAME)).toBeNull()
    expect(backend.calls('release')).toEqual([])
  })
})

describe('waitMs', () => {
  test('of 0 is one attempt, and LOCK_BUSY', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    const before = clock.now()
    expect(await codeOf(locks.acquire(NAME, { waitMs: 0 }))).toBe('LOCK_BUSY')
    expect([clock.now() - before, backend.calls('acquire').length]).toEqual([0, 1])
  })

  test.each([{ waitMs: 0 }, { retry: { maxAttempts: 1 } }])(
    'one attempt waits behind no other call: %o',
    async (one) => {
      const { clock, locks, other } = world()
      await other().acquire(NAME)
      const waiting = ending(locks.acquire(NAME, { waitMs: 5_000 }))
      const before = clock.now()
      expect(await codeOf(locks.acquire(NAME, one))).toBe('LOCK_BUSY')
      expect(clock.now() - before).toBe(0)
      expect(await clock.until(waiting)).toHaveProperty('error')
    },
  )

  test('bounds a single attempt too', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', slow(5_000))
    const before = clock.now()
    const attempt = codeOf(locks.acquire(NAME, { waitMs: 50, retry: { maxAttempts: 1 } }))
    expect(await clock.until(attempt)).toBe('LOCK_INDETERMINATE')
    expect(clock.now() - before).toBe(50)
  })

  test.each([1, 50, 1_000, 30_000])('of %d ms ends as LOCK_BUSY then, not before', async (waitMs) => {
    const { clock, locks, other } = world()
    await other().acquire(NAME)
    const before = clock.now()
    expect(await clock.until(codeOf(locks.acquire(NAME, { waitMs })))).toBe('LOCK_BUSY')
    expect(clock.now() - before).toBe(waitMs)
  })

  test('of Infinity has no end', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire(NAME)
    const waiting = ending(locks.acquire(NAME, { waitMs: Infinity }))
    await clock.advance(2 * 3_600_000)
    await held.release()
    expect(await clock.until(waiting, 2_000)).toHaveProperty('value.held', true)
  })

  test('is 30 s by default', async () => {
    const { clock, locks, other } = world()
    await other().acquire(NAME)
    const before = clock.now()
    expect(await clock.until(codeOf(locks.acquire(NAME)))).toBe('LOCK_BUSY')
    expect(clock.now() - before).toBe(30_000)
  })

  test('is enough when the name is freed within it, by release or by expiry', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire('released')
    await other().acquire('expired', { renew: false, ttlMs: 2_000 })
    const both = Promise.all([locks.acquire('released'), locks.acquire('expired')])
    const before = clock.now()
    await clock.advance(1_000)
    await held.release()
    expect((await clock.until(both)).map((lease) => lease.held)).toEqual([true, true])
    expect(clock.now() - before).toBeLessThanOrEqual(2_010)
  })
})

describe('retry.maxAttempts counts the calls to the store', () => {
  test.each([1, 2, 3, 7])('%d of them', async (maxAttempts) => {
    for (const [fault, code] of [
      [undefined, 'LOCK_BUSY'],
      [refused(), 'LOCK_BACKEND'],
      [requestLost, 'LOCK_INDETERMINATE'],
      [replyLost, 'LOCK_INDETERMINATE'],
    ] as const) {
      const { clock, backend, locks, other } = world()
      if (fault === undefined) await other().acquire(NAME)
      else backend.always('acquire', fault)
      const call = codeOf(locks.acquire(NAME, { retry: { maxAttempts, backoff: fixed(10) } }))
      expect(await clock.until(call)).toBe(code)
      expect(backend.calls('acquire').length).toBe(maxAttempts)
    }
  })

  test('not those of others who wait in this process', async () => {
    const { clock, backend, locks, other } = world({ retry: { maxAttempts: 3, backoff: fixed(10) } })
    await other().acquire(NAME)
    const calls = [1, 2, 3].map(() => codeOf(locks.acquire(NAME)))
    expect(await clock.until(Promise.all(calls))).toEqual(['LOCK_BUSY', 'LOCK_BUSY', 'LOCK_BUSY'])
    expect(backend.calls('acquire').length).toBe(9)
  })
})

describe('the claim', () => {
  test('carries the ttl, the mode and the limit that were asked for', async () => {
    const { backend, locks } = world({ ttlMs: 5_000 })
    await locks.acquire('a')
    await locks.acquire('b', { ttlMs: 7_000, mode: 'shared' })
    await locks.acquire('c', { mode: 'shared', limit: 3 })
    const claims = backend.calls('acquire').map(({ claim: { name, ttlMs, mode, limit } }) => [name, ttlMs, mode, limit])
    expect(claims).toEqual([
      ['a', 5_000, 'exclusive', 1],
      ['b', 7_000, 'shared', Infinity],
      ['c', 5_000, 'shared', 3],
    ])
  })

  test('has an owner of its own for each acquisition, which begins with the label', async () => {
    const { backend, locks } = world({ label: 'worker 7', handOver: { count: 0 } })
    for (let i = 0; i < 100; i++) await (await locks.acquire(NAME)).release()
    const owners = backend.calls('acquire').map(({ claim }) => claim.owner)
    expect(new Set(owners).size).toBe(100)
    for (const owner of owners) expect(owner).toMatch(/^worker 7~[0-9a-f]{32}$/)
  })

  test('is shown by its label from another process', async () => {
    const { locks, other } = world({ label: 'worker 7' })
    const lease = await locks.acquire(NAME)
    expect(await other({ label: 'someone else' }).inspect(NAME)).toEqual({
      name: NAME,
      mode: 'exclusive',
      holders: [{ label: 'worker 7', remainingMs: 10_000, fence: lease.fence }],
      waiting: 0,
    })
  })
})

describe('one namespace', () => {
  test('an exclusive lease excludes every shared one, and they exclude it', async () => {
    const { locks, other } = world()
    const writer = await locks.acquire(NAME)
    expect(await other().tryAcquire(NAME, { mode: 'shared' })).toBeNull()
    await writer.release()
    const readers = await Promise.all([1, 2, 3].map(() => other().tryAcquire(NAME, { mode: 'shared' })))
    expect(readers.every((reader) => reader?.held)).toBe(true)
    expect(await locks.tryAcquire(NAME)).toBeNull()
  })

  test('a semaphore admits as many as its limit', async () => {
    const { locks } = world()
    const permits = await Promise.all([1, 2, 3, 4].map(() => locks.tryAcquire(NAME, { mode: 'shared', limit: 3 })))
    expect(permits.map((permit) => permit !== null)).toEqual([true, true, true, false])
    await permits[1]?.release()
    expect(await locks.tryAcquire(NAME, { mode: 'shared', limit: 3 })).not.toBeNull()
  })
})
