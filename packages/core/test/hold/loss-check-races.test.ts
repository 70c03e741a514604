import { expect, test } from 'vitest'
import { settled } from '../support/clock.js'
import { gate } from '../support/faults.js'
import { NAME, world } from '../support/world.js'

test('one hint of a steal costs one question, however many share the name here', async () => {
  const { clock, backend, locks } = world()
  const leases = await Promise.all(Array.from({ length: 200 }, () => locks.acquire(NAME, { mode: 'shared' })))
  for (const lease of leases) void lease.signal
  await clock.advance(100)
  const before = backend.calls('inspect').length
  // Any client may publish such a hint, and a hint may concern another database: it causes a question at most.
  backend.hint({ type: 'taken', name: NAME, owner: null })
  await clock.advance(100)
  expect(backend.calls('inspect').length - before).toBeLessThanOrEqual(1)
})

test('a lease whose grant is under way when its name is taken by force: its signal aborts at once', async () => {
  const { clock, backend, locks, other } = world({ ttlMs: 120_000 })
  const warm = await locks.acquire('warm')
  void warm.signal
  await clock.advance(100)
  const { fault, arrive, answer } = gate()
  backend.next('acquire', fault)
  const acquiring = locks.acquire(NAME)
  await settled()
  arrive()
  await settled()
  expect(await other().forceRelease(NAME)).toBe(true)
  await clock.advance(10)
  answer()
  const lease = await acquiring
  const { signal } = lease
  await clock.advance(1_000)
  expect(signal.aborted).toBe(true)
})

test('the beginning of the watch costs one question for each name, however many share it here', async () => {
  const { clock, backend, locks } = world()
  const leases = await Promise.all(Array.from({ length: 200 }, () => locks.acquire(NAME, { mode: 'shared' })))
  for (const lease of leases) void lease.signal
  await clock.advance(100)
  expect(backend.calls('inspect').length).toBeLessThanOrEqual(1)
})
