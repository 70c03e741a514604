import { describe, expect, test } from 'vitest'
import { isLockError } from '../src/index.js'
import { NAME, world } from './support/world.js'

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
