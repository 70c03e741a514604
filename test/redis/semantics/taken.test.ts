import { createLocker, isLockError, type Locker } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clients, type Connected } from '../../support/clients.js'
import { freshName } from '../../support/eventually.js'

const server = await startRedis()

describe.each(clients)('what is taken by force, by $name,', ({ connect }) => {
  let connected: Connected[] = []
  let holder: Locker
  let other: Locker

  beforeAll(async () => {
    connected = [await connect(server.port), await connect(server.port)]
    // A renewal would find the loss only after twenty seconds.
    ;[holder, other] = connected.map(({ backend }) => createLocker({ backend, ttlMs: 60_000 })) as [Locker, Locker]
  })

  afterAll(async () => {
    await Promise.all([holder.close(), other.close()])
    for (const each of connected) each.end()
  })

  const aborted = (signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve(signal.reason)
      else signal.addEventListener('abort', () => resolve(signal.reason))
    })

  test('by a steal of another process is notified to its holder at once', { timeout: 10_000 }, async () => {
    const name = freshName()
    const robbed = await holder.acquire(name)
    const told = aborted(robbed.signal)
    const thief = await other.acquire(name, { steal: true })
    expect(isLockError(await told, 'LOCK_LOST')).toBe(true)
    expect(robbed.held).toBe(false)
    expect(thief.fence).toBeGreaterThan(robbed.fence ?? Infinity)
    expect(await robbed.release()).toBe('expired')
    expect(await other.tryAcquire(name)).toBeNull()
    expect(await thief.release()).toBe('released')
  })

  test('by forceRelease is notified to all readers at once', { timeout: 10_000 }, async () => {
    const name = freshName()
    const readers = [await holder.acquire(name, { mode: 'shared' }), await holder.acquire(name, { mode: 'shared' })]
    const told = Promise.all(readers.map(({ signal }) => aborted(signal)))
    expect(await other.forceRelease(name)).toBe(true)
    for (const reason of await told) expect(isLockError(reason, 'LOCK_LOST')).toBe(true)
    expect(await holder.inspect(name)).toBeNull()
  })

  test('of one name leaves the others held', async () => {
    const [name, kept] = [freshName(), freshName()]
    const robbed = await holder.acquire(name)
    const lease = await holder.acquire(kept)
    void lease.signal
    const told = aborted(robbed.signal)
    await other.forceRelease(name)
    await told
    expect(lease.held).toBe(true)
    await lease.extend()
    await lease.release()
  })

  test('is missing from query, which shows all other leases', async () => {
    const [name, kept] = [freshName(), freshName()]
    await holder.acquire(name)
    const lease = await holder.acquire(kept, { mode: 'shared' })
    await other.forceRelease(name)
    const { held } = await other.query()
    expect(held.filter((each) => each.name === kept)).toEqual([
      { name: kept, mode: 'shared', label: '', fence: lease.fence, remainingMs: expect.any(Number) as number },
    ])
    expect(held.some((each) => each.name === name)).toBe(false)
    await lease.release()
  })
})
