import { expect, test } from 'vitest'
import { settled } from '../support/clock.js'
import { hangs, slow } from '../support/faults.js'
import { NAME, world } from '../support/world.js'

test('hints about one name, while the store hangs, do not pile up calls', async () => {
  const { locks, backend, clock } = world({ ttlMs: 600_000 })
  const lease = await locks.acquire(NAME)
  void lease.signal
  await settled()
  backend.always('inspect', hangs)
  for (let i = 0; i < 1_000; i++) {
    backend.hint({ type: 'taken', name: NAME, owner: null })
    await clock.advance(10)
  }
  expect(backend.mostInFlight('inspect')).toBeLessThan(10)
})

test('a hint about a name that many readers of one process share asks once', async () => {
  const { locks, backend, clock } = world()
  for (let i = 0; i < 500; i++) void (await locks.acquire(NAME, { mode: 'shared' })).signal
  await settled()
  backend.hint({ type: 'taken', name: NAME, owner: null })
  await clock.advance(100)
  expect(backend.calls('inspect').length).toBeLessThan(10)
})

test('hints about very many names at once do not make very many calls at once', async () => {
  const { locks, backend, clock } = world()
  const leases = await Promise.all(Array.from({ length: 20_000 }, (_, i) => locks.acquire(`n${i}`)))
  void leases[0]?.signal
  await settled()
  backend.always('inspect', slow(5))
  for (let i = 0; i < 20_000; i++) backend.hint({ type: 'taken', name: `n${i}`, owner: null })
  await clock.advance(100)
  expect(backend.mostInFlight('inspect')).toBeLessThan(2_000)
})

test.each([undefined, {}, { name: NAME, holders: null }])(
  'a backend whose inspect answers %j harms nobody',
  async (value) => {
    const unhandled: unknown[] = []
    const keep = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', keep)
    const { locks, backend, clock } = world()
    const lease = await locks.acquire(NAME)
    void lease.signal
    await settled()
    backend.next('inspect', async () => value)
    backend.hint({ type: 'taken', name: NAME, owner: null })
    await clock.advance(100)
    process.off('unhandledRejection', keep)
    expect([unhandled.length, lease.held]).toEqual([0, true])
  },
)

const lostBy = (cause: string): object => ({ code: 'LOCK_LOST', message: expect.stringContaining(cause) as string })

test('a lease that is gone when its signal is first read need not have been taken by force', async () => {
  const { locks, backend, clock } = world()
  const lease = await locks.acquire(NAME)
  backend.next('inspect', async () => null)
  const { signal } = lease
  await clock.advance(100)
  expect(signal.reason).toMatchObject(lostBy('the store holds it for nobody or for somebody else'))
})

test('a lease that is gone when the store hints at force was taken by force', async () => {
  const { locks, backend, clock } = world()
  const { signal } = await locks.acquire(NAME)
  await clock.advance(100)
  backend.next('inspect', async () => null)
  backend.hint({ type: 'taken', name: NAME, owner: null })
  await clock.advance(100)
  expect(signal.reason).toMatchObject(lostBy('it was taken by force'))
})

test('a watch that could not be begun for a holder is tried again', async () => {
  let fails = 1
  const { locks, clock, backend, other } = world(
    { ttlMs: 60_000, renew: false },
    {
      watch: async () => {
        if (fails-- > 0) throw new Error('no connection')
        return async () => {}
      },
    },
  )
  const lease = await locks.acquire(NAME)
  const { signal } = lease
  await clock.advance(10_000)
  await other().forceRelease(NAME)
  backend.hint({ type: 'taken', name: NAME, owner: null })
  await clock.advance(100)
  expect([signal.aborted, backend.watchers()]).toEqual([true, 1])
})

test('a name that was taken while its answer was on the way, before notifications arrived, is asked for', async () => {
  const { locks, backend, clock, other } = world({ ttlMs: 60_000, renew: false })
  const earlier = await locks.acquire('earlier')
  backend.next('acquire', slow(0, 50))
  const acquired = locks.acquire(NAME)
  await clock.advance(10)
  await other().forceRelease(NAME)
  // Notifications arrive from now on: after the name was taken, and before the answer to acquire.
  void earlier.signal
  await clock.advance(40)
  const { signal } = await acquired
  await clock.advance(100)
  expect(signal.aborted).toBe(true)
})
