import { describe, expect, test } from 'vitest'
import { isLockError } from '../src/index.js'
import { hangs, pass, replyLost } from './support/faults.js'
import { codeOf, NAME, world } from './support/world.js'

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

describe('a ticket', () => {
  test('ends this handle, and continues the lease elsewhere with the same fence', async () => {
    const { clock, backend, locks, other } = world()
    const lease = await locks.acquire(NAME)
    const ticket = lease.ticket()
    expect([lease.held, lease.remainingMs, lease.signal.aborted]).toEqual([false, 0, false])
    expect(await lease.release()).toBe('expired')
    expect(() => lease.ticket()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
    await clock.advance(5_000)
    expect(backend.calls('extend')).toEqual([])
    const resumed = await clock.until(other().resume(ticket))
    expect(resumed).toMatchObject({ name: NAME, mode: 'exclusive', fence: lease.fence, held: true, remainingMs: 9_900 })
    await clock.advance(60_000)
    expect(resumed.held).toBe(true)
    expect(await resumed.release()).toBe('released')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('carries any name, mode and limit', async () => {
    const { clock, locks, other } = world()
    for (const name of ['ä€😀', '\0', '"\\', 'x'.repeat(1024)]) {
      const lease = await locks.acquire(name, { mode: 'shared', limit: 3, ttlMs: 2_000 })
      const resumed = await clock.until(other().resume(lease.ticket(), { renew: false }))
      expect([resumed.name, resumed.mode]).toEqual([name, 'shared'])
      expect(resumed.remainingMs).toBe(1_980)
      const unlimited = await locks.acquire(name, { mode: 'shared' })
      expect((await clock.until(other().resume(unlimited.ticket()))).held).toBe(true)
    }
  })

  test('lets the lease live on until its deadline, and not longer', async () => {
    const { clock, locks, other } = world()
    const lease = await locks.acquire(NAME)
    const ticket = lease.ticket()
    await clock.advance(9_999)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await clock.advance(1)
    const successor = await other().tryAcquire(NAME)
    expect(successor?.held).toBe(true)
    expect(await codeOf(other().resume(ticket))).toBe('LOCK_LOST')
    expect((await locks.inspect(NAME))?.holders.length).toBe(1)
  })

  test('is not resumed by halves: when the answer is lost, the lease is still there for another try', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 300 })
    const ticket = (await locks.acquire(NAME)).ticket()
    for (const fault of [replyLost, hangs]) {
      backend.always('extend', fault)
      expect(await clock.until(codeOf(locks.resume(ticket)))).toBe('LOCK_INDETERMINATE')
    }
    backend.always('extend', pass)
    expect((await clock.until(locks.resume(ticket))).held).toBe(true)
    expect(backend.calls('release')).toEqual([])
  })

  test('of a lease that is not held is refused', async () => {
    const { clock, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    clock.jump({ monotonic: 10_000 })
    expect(() => lease.ticket()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
  })

  test('ends in close like any lease when it was resumed', async () => {
    const { clock, backend, locks, other } = world()
    const ticket = (await other().acquire(NAME)).ticket()
    const resumed = await clock.until(locks.resume(ticket, { maxHoldMs: 60_000 }))
    await clock.until(locks.close())
    expect(isLockError(resumed.signal.reason, 'LOCK_CLOSED')).toBe(true)
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

describe('forceRelease', () => {
  test('frees the name whoever holds it, and says whether something was held', async () => {
    const { clock, locks, other } = world()
    const lease = await other().acquire(NAME)
    expect([await locks.forceRelease(NAME), await locks.forceRelease(NAME)]).toEqual([true, false])
    expect(await locks.tryAcquire(NAME)).not.toBeNull()
    await clock.advance(3_400)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
  })

  test('lets the line move on', async () => {
    const { clock, locks, other } = world()
    await other().acquire(NAME)
    const waiting = other().acquire(NAME)
    await clock.advance(10)
    await locks.forceRelease(NAME)
    expect((await clock.until(waiting, 100)).held).toBe(true)
  })
})

describe('inspect', () => {
  test('tells nothing of a free name, and who holds and how many wait for one that is not', async () => {
    const { clock, locks, other } = world()
    expect(await locks.inspect(NAME)).toBeNull()
    const one = await other({ label: 'one' }).acquire(NAME)
    const waiting = other({ label: 'two' }).acquire(NAME)
    await clock.advance(1_000)
    expect(await locks.inspect(NAME)).toEqual({
      name: NAME,
      mode: 'exclusive',
      holders: [{ label: 'one', remainingMs: 9_000, fence: one.fence }],
      waiting: 1,
    })
    await one.release()
    await clock.until(waiting)
    expect((await locks.inspect(NAME))?.holders).toMatchObject([{ label: 'two' }])
  })

  test('shows a foreign value as a holder without a label', async () => {
    const { backend, locks } = world()
    await backend.store.acquire({ name: NAME, owner: 'set by hand', ttlMs: 5_000, mode: 'exclusive', limit: 1 })
    expect((await locks.inspect(NAME))?.holders.map(({ label }) => label)).toEqual([null])
  })

  test('shows all who share it', async () => {
    const { locks, other } = world({ label: 'a' })
    await locks.acquire(NAME, { mode: 'shared' })
    await other({ label: 'b' }).acquire(NAME, { mode: 'shared' })
    const info = await locks.inspect(NAME)
    expect([info?.mode, info?.holders.map(({ label }) => label)]).toEqual(['shared', ['a', 'b']])
  })
})
