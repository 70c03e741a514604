import { describe, expect, test } from 'vitest'
import { createLocker, isLockError, type Lease, type LockBackend, memoryBackend } from '../../src/index.js'
import { virtualClock } from '../support/clock.js'
import { hangs, refused, replyLost, requestLost, slow } from '../support/faults.js'
import { codeOf, NAME, recorder, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

function expectLost(lease: Lease): void {
  expect(lease.held).toBe(false)
  expect(lease.remainingMs).toBe(0)
  expect(() => lease.assertHeld()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
  expect(lease.signal.aborted).toBe(true)
  expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
}

describe('the deadline is counted from before the call', () => {
  test('however long the answer takes', async () => {
    const { clock, backend, locks } = world()
    backend.next('acquire', slow(1_000, 2_000))
    const lease = await clock.until(locks.acquire(NAME))
    expect(lease.remainingMs).toBe(10_000 - 3_000 - 100)
  })

  test('and from before the client begins to work on it', async () => {
    const clock = virtualClock()
    const memory = memoryBackend({ clock })
    const slowClient: LockBackend = {
      ...memory,
      acquire: (claim) => (clock.jump({ monotonic: 250 }), memory.acquire(claim)),
      extend: (claims) => (clock.jump({ monotonic: 350 }), memory.extend(claims)),
    }
    const locks = createLocker({ backend: slowClient, clock })
    const lease = await locks.acquire(NAME)
    expect(lease.remainingMs).toBe(9_900 - 250)
    await lease.extend()
    expect(lease.remainingMs).toBe(9_900 - 350)
  })

  test('of the attempt that was granted, when there were several', async () => {
    const { clock, backend, locks } = world({ retry: { backoff: () => 100 } })
    backend.next('acquire', requestLost, requestLost)
    const lease = await clock.until(locks.acquire(NAME))
    expect(lease.remainingMs).toBe(9_900)
  })

  test('of an extension, too', async () => {
    const { clock, backend, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    backend.always('extend', slow(0, 3_000))
    await clock.until(lease.extend())
    expect(lease.remainingMs).toBe(6_900)
  })

  test.each([
    [10, 8],
    [100, 98],
    [200, 198],
    [1_000, 990],
    [10_000, 9_900],
    [2 ** 31 - 1, (2 ** 31 - 1) * 0.99],
  ])('less a margin of one per cent, at least 2 ms: of %d ms, %d are believed', async (ttlMs, believed) => {
    const { locks } = world()
    expect((await locks.acquire(NAME, { ttlMs })).remainingMs).toBeCloseTo(believed, 3)
  })

  test('and from what the store says is valid, if that is less than was asked for', async () => {
    const clock = virtualClock()
    const memory = memoryBackend({ clock })
    const backend: LockBackend = {
      ...memory,
      acquire: async (claim) => ({ ...(await memory.acquire(claim)), validMs: 4_000 }) as never,
      extend: async (claims) =>
        (await memory.extend(claims)).map((outcome) => ({ ...outcome, validMs: 3_000 }) as never),
    }
    const lease = await createLocker({ backend, clock }).acquire(NAME)
    expect(lease.remainingMs).toBe(3_900)
    await lease.extend()
    expect(lease.remainingMs).toBe(2_900)
  })
})

describe('at the deadline the lease is lost', () => {
  test('and not a millisecond earlier', async () => {
    const { clock, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    await clock.advance(9_899)
    expect(lease.held).toBe(true)
    expect(lease.signal.aborted).toBe(false)
    lease.assertHeld()
    await clock.advance(1)
    expectLost(lease)
    expect(await lease.release()).toBe('expired')
  })

  test.each([true, false])('and its signal aborts by then though the store hangs, renewal being %s', async (renew) => {
    for (const ttlMs of [10, 11, 37, 250, 1_000, 10_000, 86_400_000]) {
      const { clock, backend, locks } = world({ renew, ttlMs })
      const lease = await locks.acquire(NAME)
      const deadline = clock.now() + lease.remainingMs
      let abortedAt = Infinity
      lease.signal.addEventListener('abort', () => (abortedAt = clock.now()))
      for (const verb of ['extend', 'release'] as const) backend.always(verb, hangs)
      await clock.advance(ttlMs)
      expect(abortedAt - deadline).toBeLessThan(1)
      expect(lease.held).toBe(false)
    }
  })

  test('of each of thousands by then, though the store hangs and all are due at once', async () => {
    const { clock, backend, locks } = world({ ttlMs: 30 })
    const leases = await Promise.all(Array.from({ length: 3_000 }, (_, i) => locks.acquire(`n${i}`)))
    for (const verb of ['extend', 'release'] as const) backend.always(verb, hangs)
    let aborted = 0
    for (const { signal } of leases) signal.addEventListener('abort', () => aborted++)
    await clock.advance(28)
    expect(aborted).toBe(3_000)
  })

  test('whoever asks, before any timer has run: the event loop was blocked', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME)
    const heard: unknown[] = []
    lease.signal.addEventListener('abort', () => heard.push(lease.signal.reason))
    clock.jump({ monotonic: 9_000 })
    expect([lease.held, lease.remainingMs]).toEqual([true, 900])
    lease.assertHeld(900)
    expect(() => lease.assertHeld(901)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
    clock.jump({ monotonic: 900 })
    expectLost(lease)
    expect(heard.length).toBe(1)
    expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
  })

  test('for good: it is not revived by an answer that comes too late', async () => {
    const { clock, backend, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    await clock.advance(9_800)
    backend.always('extend', slow(0, 101))
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_LOST')
    expectLost(lease)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})

describe('renewal that fails', () => {
  test('for most of the ttl and then works again leaves one continuous hold', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ observer })
    const lease = await locks.acquire(NAME)
    backend.always('extend', requestLost)
    await clock.advance(9_000)
    expect(events.some(([hook]) => hook === 'renewalFailed')).toBe(true)
    backend.always('extend', (execute) => execute())
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
    expect(events.map(([hook]) => hook)).not.toContain('lost')
    expect((await backend.store.inspect(NAME))?.holders).toMatchObject([{ owner: lease.owner, fence: lease.fence }])
  })

  test('beyond the deadline loses the lease for good, and the key is given back when the store is there again', async () => {
    const { clock, backend, locks, other } = world()
    const lease = await locks.acquire(NAME)
    await clock.advance(3_000)
    // The store goes on extending the lease, but no answer comes back.
    backend.always('extend', replyLost)
    backend.always('release', requestLost)
    await clock.advance(10_000)
    expectLost(lease)
    expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(lease.owner)
    for (const verb of ['extend', 'release'] as const) backend.always(verb, (execute) => execute())
    await clock.advance(6_000)
    expectLost(lease)
    expect(await backend.store.inspect(NAME)).toBeNull()
    expect(await other().tryAcquire(NAME)).not.toBeNull()
    expect(await lease.release()).toBe('expired')
  })

  test('because the store refuses is not loss before the deadline', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.always('extend', refused())
    await clock.advance(9_899)
    expect(lease.held).toBe(true)
    await clock.advance(1)
    expectLost(lease)
  })

  test('and one of which the reply was lost are no loss if the next succeeds', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    for (let i = 0; i < 20; i++) backend.next('extend', replyLost, requestLost, (execute) => execute())
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
  })
})
