import { describe, expect, test } from 'vitest'
import { LeaseHandle } from '../../src/handle/lease-handle.js'
import { isLockError } from '../../src/index.js'
import { hangs, pass, refused, replyLost, requestLost, slow } from '../support/faults.js'
import { NAME, recorder, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

describe('a lease is renewed', () => {
  test.each([30, 300, 9_000, 10_000])(
    'first after a third of its ttl of %d ms, then again and again',
    async (ttlMs) => {
      const { clock, backend, locks } = world({ ttlMs })
      const start = clock.now()
      await locks.acquire(NAME)
      await clock.advance(ttlMs * 10)
      const sent = backend.calls('extend').map(({ at }) => at - start)
      expect(sent[0]).toBe(Math.ceil(ttlMs / 3))
      expect(sent.length).toBeGreaterThanOrEqual(28)
      expect(sent.length).toBeLessThanOrEqual(30)
    },
  )

  test('to its own ttl, under its own owner', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME, { ttlMs: 3_000 })
    await clock.advance(1_000)
    expect(backend.calls('extend')[0]?.claim).toMatchObject({ name: NAME, owner: lease.owner, ttlMs: 3_000 })
    expect(lease.remainingMs).toBe(2_970)
  })

  test('counting from before the call', async () => {
    const { clock, backend, locks } = world({ ttlMs: 3_000 })
    const lease = await locks.acquire(NAME)
    backend.always('extend', slow(200, 200))
    await clock.advance(1_400)
    expect(lease.remainingMs).toBe(2_570)
  })

  test('not when renew is false, of the locker or of the call', async () => {
    const { clock, backend, locks, other } = world({ renew: false })
    await locks.acquire('a')
    await locks.acquire('b', { renew: true })
    await clock.advance(60_000)
    expect(new Set(backend.calls('extend').map(({ claim }) => claim.name))).toEqual(new Set(['b']))
    expect(await other().tryAcquire('a')).not.toBeNull()
  })

  test('until it is lost, with the failure of the last renewal as the cause', async () => {
    const { clock, backend, locks } = world({ ttlMs: 3_000 })
    const lease = await locks.acquire(NAME)
    backend.always('extend', requestLost)
    await clock.advance(3_000)
    const { reason } = lease.signal as { reason: Error }
    expect(isLockError(reason, 'LOCK_LOST')).toBe(true)
    expect(reason.cause).toHaveProperty('message', expect.stringMatching(/./))
    expect(`${(reason.cause as Error).message} ${(reason.cause as Error).stack}`).not.toContain(lease.owner)
  })

  test.each([
    ['its time has passed', { renew: false }],
    ['it was held for maxHoldMs', { maxHoldMs: 2_000 }],
  ])('and where %s, there is no cause', async (_, options) => {
    const { clock, locks } = world({ ttlMs: 3_000, ...options })
    const lease = await locks.acquire(NAME)
    await clock.advance(3_000)
    expect(lease.signal.reason).not.toHaveProperty('cause')
  })

  test('until maxHoldMs, where it ends', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ maxHoldMs: 25_000, observer })
    const lease = await locks.acquire(NAME)
    await clock.advance(24_999)
    expect(lease.held).toBe(true)
    expect(lease.remainingMs).toBe(1)
    await clock.advance(1)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(await backend.store.inspect(NAME)).toBeNull()
    const renewals = backend.calls('extend').length
    await clock.advance(60_000)
    expect(backend.calls('extend').length).toBe(renewals)
    expect(events.filter(([hook]) => hook === 'lost').length).toBe(1)
  })

  test('and a maxHoldMs of 0 ends it at once, without asking the store again and again', async () => {
    const { clock, backend, locks } = world({ maxHoldMs: 0 })
    const lease = await clock.until(locks.acquire(NAME))
    expect(lease.held).toBe(false)
    expect(lease.signal.aborted).toBe(true)
    await clock.advance(100)
    expect(backend.calls('acquire').length).toBe(1)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})

describe('a renewal that fails', () => {
  test.each([
    ['loses its request', requestLost],
    ['loses its reply', replyLost],
    ['is refused', refused()],
    ['is refused for good', refused(false)],
    ['hangs', hangs],
  ])('because it %s is tried again until the deadline, several times and not endlessly', async (_, fault) => {
    for (const ttlMs of [10, 50, 1_000, 10_000, 600_000]) {
      const { clock, backend, locks } = world({ ttlMs })
      await locks.acquire(NAME)
      backend.always('extend', fault)
      await clock.advance(ttlMs)
      const calls = backend.calls('extend').length
      expect(calls).toBeGreaterThanOrEqual(ttlMs < 50 ? 2 : 4)
      expect(calls).toBeLessThanOrEqual(60)
      await clock.advance(ttlMs)
      expect(backend.calls('extend').length).toBe(calls)
    }
  })

  test('for certain, because the name is not ours any more, loses the lease at once', async () => {
    const { clock, backend, locks, other } = world({}, { capabilities: { watch: false } })
    const lease = await locks.acquire(NAME)
    await backend.store.evict(NAME)
    const successor = await other().acquire(NAME)
    let abortedAt = 0
    lease.signal.addEventListener('abort', () => (abortedAt = clock.now()))
    const before = clock.now()
    await clock.advance(60_000)
    expect(abortedAt - before).toBe(3_334)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(backend.calls('extend').length).toBe(1)
    expect(successor.held).toBe(true)
    expect(await lease.release()).toBe('expired')
  })
})

describe('no ttl makes renewal spin', () => {
  test.each([10, 11, 12, 15, 20, 33, 50, 100, 333, 1_250])('%d ms', async (ttlMs) => {
    const { clock, backend, locks } = world({ ttlMs })
    const lease = await locks.acquire(NAME)
    await clock.advance(5_000)
    expect(lease.held).toBe(true)
    expect(backend.calls('extend').length).toBeLessThanOrEqual(Math.ceil(5_000 / Math.floor(ttlMs / 3)) + 1)
    expect(clock.timersSet()).toBeLessThan(backend.calls('extend').length * 4 + 10)
  })

  test.each([2 ** 31 - 1, 2 ** 31 - 2, 86_400_000])('%d ms', async (ttlMs) => {
    const { clock, backend, locks } = world({ ttlMs })
    const lease = await locks.acquire(NAME)
    const timers = clock.timersSet()
    await clock.advance(3_600_000)
    expect(backend.calls('extend').length).toBe(0)
    expect(clock.timersSet() - timers).toBeLessThanOrEqual(5)
    await clock.advance(ttlMs)
    expect(backend.calls('extend').length).toBeGreaterThanOrEqual(2)
    expect(backend.calls('extend').length).toBeLessThanOrEqual(4)
    expect(lease.held).toBe(true)
  })

  test('10 ms, of a store that answers after 2 ms', async () => {
    const { clock, backend, locks } = world({ ttlMs: 10 })
    backend.always('extend', slow(1, 1))
    await locks.acquire(NAME)
    await clock.advance(1_000)
    expect(backend.calls('extend').length).toBeLessThanOrEqual(700)
  })
})

test('renewals that are never answered leave a bounded trace on the lease', async () => {
  const { clock, backend, locks } = world({ ttlMs: 1_000 })
  const lease = await locks.acquire(NAME)
  let calls = 0
  backend.always('extend', (execute, its) => (++calls % 2 === 0 ? hangs : pass)(execute, its))
  await clock.advance(60_000)
  expect(lease.held).toBe(true)
  expect(calls).toBeGreaterThan(100)
  expect(LeaseHandle.holdsOf(lease)?.[0]?.unresolved?.length).toBeLessThan(10)
})
