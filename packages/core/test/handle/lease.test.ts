import { describe, expect, test } from 'vitest'
import { createLocker, type Locker, memoryStore } from '../../src/index.js'
import { announcing } from '../support/backend.js'
import { virtualClock } from '../support/clock.js'
import { replyLost } from '../support/faults.js'
import { codeOf, NAME, world } from '../support/world.js'

describe('assertHeld', () => {
  test('throws when less is left than was asked for, and does not end the lease', async () => {
    const { clock, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    await clock.advance(5_000)
    lease.assertHeld()
    lease.assertHeld(0)
    lease.assertHeld(4_900)
    for (const min of [4_901, 1e9, Infinity])
      expect(() => lease.assertHeld(min)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
    expect([lease.held, lease.signal.aborted]).toEqual([true, false])
  })

  // The most that the documentation asks of assertHeld. A place in line lasts 3 s, and so does a grant that is announced
  // to it.
  test.each([10_000, 3_000, 1_200, 90])(
    'never throws for 1 s, or a third of a ttl of %d ms if that is less, while the lease is renewed',
    async (ttlMs) => {
      const clock = virtualClock()
      const store = memoryStore()
      const newLocker = (): Locker => createLocker({ backend: announcing(clock, store), clock, ttlMs })
      const [locks, others] = [newLocker(), newLocker()]
      let least = Infinity
      for (let heldMs = 0; heldMs <= 2_000; heldMs += 30) {
        const held = await others.acquire(NAME)
        const waiting = locks.acquire(NAME)
        await clock.advance(heldMs)
        void held.release()
        const lease = await clock.until(waiting)
        least = Math.min(least, lease.remainingMs)
        for (let i = 0; i < 100; i++) {
          lease.assertHeld(Math.min(1_000, ttlMs / 3))
          await clock.advance(ttlMs / 50)
        }
        await lease.release()
      }
      // Two seconds of ten, or two thirds of a short ttl, would be too much to ask.
      expect(least).toBeLessThan(Math.min(2_000, (ttlMs * 2) / 3))
    },
  )

  test('throws after release, and the signal stays quiet', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME)
    await lease.release()
    await clock.advance(60_000)
    expect(() => lease.assertHeld()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
    expect([lease.held, lease.remainingMs, lease.signal.aborted]).toEqual([false, 0, false])
  })
})

describe('a fence', () => {
  test('is greater for each later holder of the name', async () => {
    const { locks, other } = world()
    const lockers = [locks, other(), other()]
    const fences: number[] = []
    for (let i = 0; i < 30; i++) {
      const lease = await lockers[i % 3]?.acquire(NAME)
      fences.push(lease?.fence ?? Number.NaN)
      await lease?.release()
    }
    for (const [i, fence] of fences.entries()) expect(fence).toBeGreaterThan(fences[i - 1] ?? 0)
  })

  test('stays the same while the lease is renewed and extended', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const { fence } = lease
    await clock.advance(30_000)
    await lease.extend(20_000)
    expect(lease.fence).toBe(fence)
    expect((await backend.store.inspect(NAME))?.holders[0]?.fence).toBe(fence)
  })
})

describe('release', () => {
  test('answers expired when the name is not ours any more, and leaves the successor alone', async () => {
    const { locks, other } = world()
    const lease = await locks.acquire(NAME)
    await other().forceRelease(NAME)
    const successor = await other().acquire(NAME)
    expect(await lease.release()).toBe('expired')
    expect(await lease.release()).toBe('expired')
    expect(successor.held).toBe(true)
    expect(await other().tryAcquire(NAME)).toBeNull()
  })

  test('is sent once, however often it is called and disposed of', async () => {
    const { backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const answers = await Promise.all([lease.release(), lease.release(), lease[Symbol.asyncDispose](), lease.release()])
    expect(answers).toEqual(['released', 'released', undefined, 'released'])
    expect(backend.calls('release').length).toBe(1)
  })

  test('is what await using does', async () => {
    const { backend, locks } = world()
    {
      await using lease = await locks.acquire(NAME)
      expect(lease.held).toBe(true)
    }
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})

describe('minHoldMs', () => {
  test('keeps the name taken for that long, though it is released earlier', async () => {
    const { clock, locks, other } = world()
    const lease = await locks.acquire(NAME, { minHoldMs: 5_000 })
    await clock.advance(1_000)
    expect(await lease.release()).toBe('released')
    expect(lease.held).toBe(false)
    await clock.advance(3_999)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await clock.advance(1)
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('may be longer than the ttl', async () => {
    const { clock, locks, other } = world({ ttlMs: 1_000 })
    const lease = await locks.acquire(NAME, { minHoldMs: 60_000 })
    await lease.release()
    await clock.advance(59_999)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await clock.advance(1)
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('keeps the name taken after a lease that ended at its deadline', async () => {
    const { clock, locks, other } = world()
    const lease = await locks.acquire(NAME, { ttlMs: 50, minHoldMs: 400, renew: false })
    await clock.advance(399)
    expect(lease.held).toBe(false)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await clock.advance(1)
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('is over when the lease was held for longer', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME, { minHoldMs: 5_000 })
    await clock.advance(6_000)
    await lease.release()
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('holds for those who wait in this process, too', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME, { minHoldMs: 5_000 })
    const waiting = locks.acquire(NAME)
    const before = clock.now()
    await lease.release()
    await clock.until(waiting)
    expect(clock.now() - before).toBeGreaterThanOrEqual(5_000)
    expect(clock.now() - before).toBeLessThanOrEqual(5_250)
  })

  test('is not for what was never acquired', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', replyLost)
    expect(await clock.until(codeOf(locks.tryAcquire(NAME, { minHoldMs: 5_000 })))).toBe('LOCK_INDETERMINATE')
    await clock.advance(0)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})
