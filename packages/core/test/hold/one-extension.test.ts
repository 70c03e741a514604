import { describe, expect, test } from 'vitest'
import { BackendError } from '../../src/index.js'
import { hangs, hangsAfter, pass, refused, replyLost, requestLost, slow } from '../support/faults.js'
import { codeOf, ending, NAME, recorder, world } from '../support/world.js'

describe('renewal goes on', () => {
  test.each([false, true])(
    'when an extension by hand hangs over the time of the renewal, its handle being released: %s',
    async (isReleased) => {
      const { clock, backend, locks } = world()
      const first = await locks.acquire(NAME)
      const second = await locks.acquire(NAME, { within: first })
      await clock.advance(2_000)
      backend.next('extend', hangs)
      const extending = first.extend().catch(() => {})
      await clock.advance(2_000)
      if (isReleased) await first.release()
      await clock.until(extending)
      await clock.advance(60_000)
      expect(second.held).toBe(true)
    },
  )

  test.each(['renewal', 'extend', 'downgrade'])(
    'after one reply to a %s was lost, however short the ttl',
    async (by) => {
      for (const ttlMs of [100, 500, 1_000, 1_200, 3_000]) {
        const { clock, backend, locks } = world({ ttlMs })
        const lease = await locks.acquire(NAME)
        const reader = by === 'downgrade' ? await locks.acquire(NAME, { within: lease, mode: 'shared' }) : undefined
        await clock.advance(ttlMs * 0.3)
        backend.next('extend', hangsAfter)
        if (by === 'extend') void lease.extend().catch(() => {})
        if (by === 'downgrade') void lease.release()
        await clock.advance(3 * ttlMs)
        expect([ttlMs, (reader ?? lease).held]).toEqual([ttlMs, true])
      }
    },
  )

  test.each([0.2, 0.25, 0.3, 0.4, 0.5])(
    'where each round trip takes %d of the ttl: a late answer counts',
    async (share) => {
      const { observer, events } = recorder()
      const { clock, backend, locks } = world({ ttlMs: 1_000, observer })
      const lease = await locks.acquire(NAME)
      backend.always('extend', slow(share * 500, share * 500))
      await clock.advance(20_000)
      expect(lease.held).toBe(true)
      expect(events.filter(([hook]) => hook === 'renewed').length).toBeGreaterThan(10)
      // Each try may take a quarter of the time left, and this bounds the number of tries.
      expect(backend.calls('extend').length).toBeLessThan(20 * 30)
    },
  )
})

test('a lease that is being extended by hand is not cut back by a renewal that overtakes the answer', async () => {
  const { clock, backend, locks } = world({ ttlMs: 1_000, attemptTimeoutMs: 1_000 })
  const lease = await locks.acquire(NAME)
  await clock.advance(200)
  backend.always('extend', slow(125, 125))
  await clock.until(lease.extend(60_000))
  await clock.advance(500)
  expect(lease.remainingMs).toBeGreaterThan(58_000)
  expect((await backend.store.inspect(NAME))?.holders[0]?.remainingMs).toBeGreaterThan(58_000)
})

test('a lease that was extended by hand is not shortened by the renewal of another one', async () => {
  const { clock, backend, locks } = world({ ttlMs: 60_000 })
  const long = await locks.acquire('long')
  await long.extend(600_000)
  await locks.acquire('other')
  await clock.advance(19_000)
  backend.always('extend', refused())
  const extending = codeOf(long.extend(600_000))
  await clock.advance(500)
  await clock.until(extending)
  backend.always('extend', (execute) => execute())
  await clock.advance(60_000)
  const left = (await backend.store.inspect('long'))?.holders[0]?.remainingMs ?? 0
  expect(left).toBeGreaterThan(600_000 - 100_000)
  expect(long.remainingMs).toBeGreaterThan(600_000 - 120_000)
})

describe('an extension by hand is bounded like every call', () => {
  test.each([1, 99, 250, 400])('when renewals of its %i names hang', async (count) => {
    const { clock, backend, locks } = world({ ttlMs: 60_000 })
    const names = Array.from({ length: count }, (_, i) => `n${i}`)
    const lease = await locks.acquire(names)
    await clock.advance(100)
    backend.always('extend', hangs)
    await clock.advance(20_000)
    const from = clock.now()
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_INDETERMINATE')
    expect(clock.now() - from).toBeLessThanOrEqual(10_000)
  })

  test('when its first try is refused and the renewal that follows hangs', async () => {
    const { clock, backend, locks } = world({ ttlMs: 60_000 })
    const lease = await locks.acquire(NAME)
    await clock.advance(18_000)
    const from = clock.now()
    backend.always('extend', (execute, at) =>
      at.now() - from < 5_000 ? Promise.reject(new BackendError('loading', { executed: 'no' })) : hangs(execute, at),
    )
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_INDETERMINATE')
    expect(clock.now() - from).toBeLessThanOrEqual(10_000)
  })
})

test('the only answer to an extension counts, however shortly it comes before the bound of the call', async () => {
  for (let ttlMs = 1_200; ttlMs <= 5_000; ttlMs += 50) {
    for (const leftMs of [100, 20, 1]) {
      const { clock, backend, locks } = world({ ttlMs, attemptTimeoutMs: 1_000 })
      const lease = await locks.acquire(NAME)
      await clock.advance(100)
      backend.always('extend', hangs)
      backend.next('extend', slow(0, 1_000 - leftMs))
      const from = clock.now()
      await clock.until(lease.extend())
      expect([ttlMs, clock.now() - from]).toEqual([ttlMs, 1_000 - leftMs])
    }
  }
})

test('a late answer that the lease is lost counts as well', async () => {
  const { clock, backend, locks, other } = world()
  const lease = await locks.acquire(NAME)
  await other().forceRelease(NAME)
  backend.always('extend', slow(0, 3_000))
  await clock.advance(6_500)
  expect(lease.held).toBe(false)
})

test('a long extension is believed again once the answers that were outstanding have come', async () => {
  const { clock, backend, locks } = world({ ttlMs: 1_000 })
  const lease = await locks.acquire(NAME)
  backend.next('extend', slow(0, 600))
  await clock.advance(600)
  await clock.until(lease.extend(60_000))
  expect(lease.remainingMs).toBeLessThan(1_000)
  await clock.advance(400)
  await clock.until(lease.extend(60_000))
  expect(lease.remainingMs).toBeGreaterThan(59_000)
})

test.each([
  [30_000, 2_000],
  [30_000, 400],
  [600_000, 8_000],
  [3_600_000, 2_000],
])(
  'a lease of %i ms that an extension of unknown outcome may have cut to %i is renewed in time, and not all the time',
  async (ttlMs, cutMs) => {
    const { clock, backend, locks } = world({ ttlMs, attemptTimeoutMs: 200 })
    const lease = await locks.acquire(NAME)
    backend.always('extend', requestLost)
    expect(await clock.until(codeOf(lease.extend(cutMs)))).toBe('LOCK_INDETERMINATE')
    backend.always('extend', pass)
    const calls = backend.calls('extend').length
    await clock.advance(30_000)
    expect(lease.held).toBe(true)
    expect(backend.calls('extend').length - calls).toBeLessThan((5 * 30_000) / cutMs)
  },
)

test.each([
  ['hangs', hangs],
  ['hangs after it was executed', hangsAfter],
  ['loses its reply', replyLost],
])('a lease that is extended by hand to longer is renewed for ever, although one try %s', async (_, fault) => {
  const { clock, backend, locks } = world()
  const lease = await locks.acquire(NAME, { ttlMs: 1_000 })
  await clock.advance(100)
  backend.next('extend', fault)
  await clock.until(lease.extend(5_000))
  expect(lease.remainingMs).toBeGreaterThan(4_000)
  await clock.advance(60_000)
  expect(lease.held).toBe(true)
})

test.each([300, 1_000, 2_000])('an extension to less, %i ms, leaves time for another try', async (ms) => {
  const { clock, backend, locks } = world({ ttlMs: 10_000 })
  const lease = await locks.acquire(NAME)
  backend.next('extend', hangs)
  void ending(lease.extend(ms))
  await clock.advance(9_000)
  expect(lease.held).toBe(true)
})
