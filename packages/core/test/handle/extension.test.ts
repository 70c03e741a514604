import { describe, expect, test } from 'vitest'
import { gate, pass, requestLost } from '../support/faults.js'
import { codeOf, NAME, world } from '../support/world.js'

describe('extend by hand', () => {
  test('waits for a renewal in flight: never two together for one lease', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const renewal = gate()
    backend.next('extend', renewal.fault)
    await clock.advance(3_400)
    const extending = [lease.extend(20_000), lease.extend(30_000), lease.extend()]
    await clock.advance(100)
    expect(backend.calls('extend').length).toBe(1)
    renewal.answer()
    await clock.until(Promise.all(extending))
    expect(backend.mostInFlight('extend')).toBe(1)
    expect(backend.calls('extend').length).toBe(4)
  })

  test('for longer is not cut short by the next renewal', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    await lease.extend(60_000)
    const storeLeft = async (): Promise<number> =>
      (await backend.store.inspect(NAME))?.holders[0]?.remainingMs ?? Number.NaN
    for (let i = 0; i < 500; i++) {
      const [before, believed] = [await storeLeft(), lease.remainingMs]
      await clock.advance(100)
      expect(await storeLeft()).toBeGreaterThanOrEqual(before - 100)
      expect(lease.remainingMs).toBeGreaterThanOrEqual(believed - 100)
    }
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
  })

  test('for shorter is renewed in time all the same', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME)
    await lease.extend(50)
    expect(lease.remainingMs).toBe(48)
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
    expect(lease.remainingMs).toBeGreaterThan(6_000)
  })

  test('of a lost lease or a released one is refused without a command', async () => {
    const { clock, backend, locks } = world({ renew: false })
    const released = await locks.acquire('released')
    const lost = await locks.acquire('lost')
    await released.release()
    await clock.advance(10_000)
    expect([await codeOf(released.extend()), await codeOf(lost.extend())]).toEqual(['LOCK_LOST', 'LOCK_LOST'])
    expect(backend.calls('extend')).toEqual([])
  })

  test('that is overtaken by a release is refused', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const onTheWay = gate()
    backend.next('extend', onTheWay.fault)
    const extending = codeOf(lease.extend())
    expect(await clock.until(lease.release())).toBe('released')
    onTheWay.answer()
    expect(await clock.until(extending)).toBe('LOCK_LOST')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('finds out that the lease is lost', async () => {
    const { backend, locks } = world()
    const lease = await locks.acquire(NAME)
    await backend.store.evict(NAME)
    expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
    expect([lease.held, lease.signal.aborted]).toEqual([false, true])
  })

  test('that fails leaves the renewal running', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 300 })
    const lease = await locks.acquire(NAME)
    backend.next('extend', ...Array.from({ length: 10 }, () => requestLost))
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_INDETERMINATE')
    backend.always('extend', pass)
    await clock.advance(120_000)
    expect(lease.held).toBe(true)
  })
})
