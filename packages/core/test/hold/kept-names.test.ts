import { expect, test } from 'vitest'
import { gate, slow } from '../support/faults.js'
import { NAME, world } from '../support/world.js'

// `minHoldMs` keeps the name taken for that time even if the lease is released earlier. Commands of its owner that are
// still under way must not end that.

test('a call to acquire that ends after the release does not free a name that is kept', async () => {
  const { clock, backend, locks } = world({ attemptTimeoutMs: 1_000 })
  const first = gate()
  backend.next('acquire', first.fault)
  const lease = await clock.until(locks.acquire(NAME, { minHoldMs: 60_000 }))
  expect(await clock.until(lease.release())).toBe('released')
  expect(await backend.store.inspect(NAME)).not.toBeNull()
  // The connection of the first call to acquire ends only now.
  first.fail()
  await clock.advance(10)
  expect(await backend.store.inspect(NAME)).not.toBeNull()
})

test('the renewal in flight is not executed after the release, which would shorten the time', async () => {
  const { clock, backend, locks, other } = world({ ttlMs: 3_000 })
  const lease = await locks.acquire(NAME, { minHoldMs: 60_000 })
  // The extension is slower than the release, as on another connection of a pool or in another HTTP request.
  backend.next('extend', slow(100))
  await clock.advance(1_000)
  expect(backend.calls('extend').length).toBe(1)
  expect(await clock.until(lease.release())).toBe('released')
  await clock.advance(5_000)
  expect(await other().tryAcquire(NAME)).toBeNull()
})

test('nor would it lengthen the time', async () => {
  const { clock, backend, locks, other } = world({ ttlMs: 60_000 })
  const lease = await locks.acquire(NAME, { minHoldMs: 20_100 })
  backend.next('extend', slow(50))
  await clock.advance(20_000)
  expect(backend.calls('extend').length).toBe(1)
  expect(await clock.until(lease.release())).toBe('released')
  await clock.advance(1_000)
  expect(await other().tryAcquire(NAME)).not.toBeNull()
})

test('close() waits for a release that waits for the renewal in flight', async () => {
  const { clock, backend, locks } = world({ ttlMs: 3_000, attemptTimeoutMs: 500 })
  await locks.acquire(NAME, { minHoldMs: 60_000 })
  const renewal = gate()
  backend.next('extend', renewal.fault)
  await clock.advance(1_000)
  await clock.until(locks.close())
  expect(backend.calls('release').length).toBe(1)
  expect((await backend.store.inspect(NAME))?.holders[0]?.remainingMs).toBeGreaterThan(50_000)
})
