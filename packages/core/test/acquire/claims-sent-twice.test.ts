import { describe, expect, test } from 'vitest'
import type { Lease } from '../../src/index.js'
import { repeatedAfter } from '../support/faults.js'
import { NAME, world, type World } from '../support/world.js'

const LATE_MS = 500

/** Expects that the store holds the name for the owner of the lease at least as long as the lease counts as held. */
async function expectHonest({ clock, backend }: World, lease: Lease): Promise<void> {
  while (lease.held) {
    const holders = (await backend.store.inspect(NAME))?.holders ?? []
    const { remainingMs } = holders.find(({ owner }) => owner === lease.owner) ?? {}
    expect(remainingMs).toBeGreaterThanOrEqual(lease.remainingMs)
    await clock.advance(100)
  }
}

describe('a command that is executed once more, after its lease was extended to longer,', () => {
  test.each(['exclusive', 'shared'] as const)('cuts nothing when it was the acquire, %s', async (mode) => {
    const setting = world({ ttlMs: 1_000, renew: false })
    const { clock, backend, locks, other } = setting
    backend.next('acquire', repeatedAfter(LATE_MS))
    const lease = await clock.until(locks.acquire(NAME, { mode }))
    await lease.extend(20_000)
    expect(lease.remainingMs).toBe(19_800)
    await clock.advance(LATE_MS + 1_000)
    expect(lease.held).toBe(true)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await expectHonest(setting, lease)
    expect(clock.now()).toBeGreaterThan(1_000_000 + 19_000)
  })

  test('cuts nothing when it was the one that reserved fences to hand the lease on', async () => {
    const setting = world({ ttlMs: 1_000, renew: false })
    const { clock, backend, locks, other } = setting
    const first = await locks.acquire(NAME)
    const second = locks.acquire(NAME)
    await clock.advance(1)
    backend.next('extend', repeatedAfter(LATE_MS))
    expect(await clock.until(first.release())).toBe('released')
    const lease = await clock.until(second)
    expect(lease.owner).toBe(first.owner)
    await lease.extend(20_000)
    await clock.advance(LATE_MS + 1_000)
    expect(lease.held).toBe(true)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await expectHonest(setting, lease)
  })

  test('gives no fence twice, and answers the acquire with the same fence', async () => {
    const { clock, backend, locks, other } = world({ ttlMs: 1_000, renew: false })
    backend.next('acquire', repeatedAfter(LATE_MS))
    const lease = await clock.until(locks.acquire(NAME))
    await lease.extend(20_000)
    await clock.advance(LATE_MS)
    expect((await backend.store.inspect(NAME))?.holders[0]?.fence).toBe(lease.fence)
    await lease.release()
    expect((await other().acquire(NAME)).fence).toBeGreaterThan(lease.fence ?? Infinity)
  })
})
