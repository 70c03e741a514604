import { describe, expect, test } from 'vitest'
import type { Lease, Locker } from '../../src/index.js'
import { gate, hangs, refused, requestLost, slow } from '../support/faults.js'
import { codeOf, ending, NAME, world, type World } from '../support/world.js'

describe('a ticket made while an extension to less', () => {
  /** Expects the resumed lease to be held no longer than the store holds it, however late the extension is executed. */
  const expectBound = async ({ clock, backend, other }: World, ticket: string, execute: () => void): Promise<void> => {
    const resumed = await clock.until(other().resume(ticket, { renew: false }))
    expect(resumed.remainingMs).toBeLessThanOrEqual(1_000)
    execute()
    for (await clock.advance(0); resumed.held; await clock.advance(10)) {
      expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(resumed.owner)
    }
    expect(await resumed.release()).toBe('expired')
  }

  test('is in flight carries that bound', async () => {
    const setting = world({ ttlMs: 5_000, renew: false })
    const { backend, locks } = setting
    const lease = await locks.acquire(NAME)
    const onTheWay = gate()
    backend.next('extend', onTheWay.fault)
    const extending = ending(lease.extend(1_000))
    const ticket = lease.ticket()
    await expectBound(setting, ticket, onTheWay.answer)
    await setting.clock.until(extending)
  })

  test('is unresolved carries that bound', async () => {
    const setting = world({ ttlMs: 5_000, renew: false, attemptTimeoutMs: 100 })
    const { clock, backend, locks } = setting
    const lease = await locks.acquire(NAME)
    const late = gate()
    backend.next('extend', late.fault)
    expect(await clock.until(codeOf(lease.extend(1_000)))).toBe('LOCK_INDETERMINATE')
    await expectBound(setting, lease.ticket(), late.answer)
  })

  test('is unresolved hands that bound on to a second ticket', async () => {
    const setting = world({ ttlMs: 5_000, renew: false, attemptTimeoutMs: 100 })
    const { clock, backend, locks } = setting
    const lease = await locks.acquire(NAME)
    const late = gate()
    backend.next('extend', late.fault)
    expect(await clock.until(codeOf(lease.extend(1_000)))).toBe('LOCK_INDETERMINATE')
    const again = await clock.until(locks.resume(lease.ticket(), { renew: false }))
    await expectBound(setting, again.ticket(), late.answer)
  })

  test('has left no unknown outcome carries no bound', async () => {
    const { clock, backend, locks, other } = world({ ttlMs: 5_000, renew: false, attemptTimeoutMs: 100 })
    const resumed = async (lease: Lease): Promise<number> => {
      const next = await clock.until(other().resume(lease.ticket(), { renew: false }))
      return next.remainingMs
    }
    const done = await locks.acquire('done')
    await done.extend(1_000)
    expect(await resumed(done)).toBe(4_950)
    const notDone = await locks.acquire('not done')
    backend.next('extend', refused(false))
    expect(await codeOf(notDone.extend(1_000))).toBe('LOCK_BACKEND')
    expect(await resumed(notDone)).toBe(4_950)
  })
})

describe('a ticket that is used again after an unknown outcome', () => {
  test.each([
    ['here', (setting: World): Locker => setting.locks],
    ['in another process', (setting: World): Locker => setting.other()],
  ])('%s: an extension to more counts no longer than the first try may leave', async (_, where) => {
    const setting = world({ ttlMs: 5_000, renew: false, attemptTimeoutMs: 100 })
    const { clock, backend, locks } = setting
    const ticket = (await locks.acquire(NAME)).ticket()
    const late = gate()
    backend.next('extend', late.fault)
    expect(await clock.until(codeOf(locks.resume(ticket)))).toBe('LOCK_INDETERMINATE')
    const resumed = await clock.until(where(setting).resume(ticket, { renew: false }))
    await clock.until(resumed.extend(60_000))
    expect(resumed.remainingMs).toBeLessThanOrEqual(5_000)
    late.answer()
    for (await clock.advance(0); resumed.held; await clock.advance(100)) {
      expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(resumed.owner)
    }
  })
})

describe('a ticket of a lease with minHoldMs', () => {
  test('keeps the name taken for as long, wherever it is released', async () => {
    const { clock, backend, locks, other } = world()
    const lease = await locks.acquire(NAME, { minHoldMs: 5_000 })
    await clock.advance(1_000)
    const resumed = await clock.until(other().resume(lease.ticket()))
    await clock.advance(1_000)
    expect(await resumed.release()).toBe('released')
    expect((await backend.store.inspect(NAME))?.holders[0]?.remainingMs).toBe(3_000)
    await clock.advance(2_999)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await clock.advance(1)
    expect((await other().tryAcquire(NAME))?.held).toBe(true)
  })

  test('keeps it no longer when that time has passed', async () => {
    const { clock, backend, locks, other } = world()
    const lease = await locks.acquire(NAME, { minHoldMs: 2_000 })
    await clock.advance(1_000)
    const resumed = await clock.until(other().resume(lease.ticket()))
    await clock.advance(1_000)
    expect(await resumed.release()).toBe('released')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})

describe('resume while the locker closes', () => {
  test.each([
    ['answers', slow(20)],
    ['answers late', slow(0, 50)],
    ['hangs', hangs],
    ['fails', requestLost],
  ])('rejects with LOCK_CLOSED when the store %s, and leaves nothing running', async (_, fault) => {
    const { clock, backend, locks, other } = world({ attemptTimeoutMs: 200 })
    const ticket = (await other().acquire(NAME)).ticket()
    backend.always('extend', fault)
    const resuming = codeOf(locks.resume(ticket))
    const closing = locks.close()
    expect(await clock.until(resuming)).toBe('LOCK_CLOSED')
    await clock.until(closing)
    const calls = backend.calls().length
    await clock.advance(60_000)
    expect([backend.calls().length, clock.pending()]).toEqual([calls, 0])
  })
})

test.each([
  ['behind', -3_600_000],
  ['ahead', 3_600_000],
])('a ticket carries the rest of minHoldMs to a machine whose wall clock is %s', async (_, skewMs) => {
  const { clock, backend, locks, other } = world()
  const lease = await locks.acquire(NAME, { minHoldMs: 5_000 })
  await clock.advance(1_000)
  const skewed = { ...clock, wallNow: () => clock.wallNow() + skewMs }
  const resumed = await clock.until(other({ clock: skewed }).resume(lease.ticket()))
  expect(await resumed.release()).toBe('released')
  expect((await backend.store.inspect(NAME))?.holders[0]?.remainingMs).toBe(4_000)
})
