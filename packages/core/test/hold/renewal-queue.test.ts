import { describe, expect, test } from 'vitest'
import type { Lease } from '../../src/index.js'
import { hangs } from '../support/faults.js'
import { codeOf, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

describe('among thousands of leases that are to be renewed at once', () => {
  test('a short one does not wait behind the long ones', async () => {
    const { clock, locks } = world({ ttlMs: 3_000 })
    for (let i = 0; i < 8_000; i++) await locks.acquire(`long-${i}`)
    await clock.advance(990)
    const short = await locks.acquire('short', { ttlMs: 60 })
    for (let i = 0; i < 300; i++) {
      await clock.advance(1)
      expect(short.held, `after ${i} ms`).toBe(true)
    }
    expect(short.signal.aborted).toBe(false)
  })

  test('one whose turn does not come is lost at its deadline, and not later', async () => {
    const { clock, locks } = world({ ttlMs: 120 })
    // These leases are due before the last one, of a similar ttl, and too many to be renewed before its deadline.
    for (let i = 0; i < 6_000; i++) await locks.acquire(`before-${i}`)
    await clock.advance(19)
    const acquiredAt = clock.now()
    const last = await locks.acquire('last', { ttlMs: 64 })
    const lostAt: number[] = []
    last.signal.addEventListener('abort', () => lostAt.push(clock.now() - acquiredAt))
    await clock.advance(64 - 3)
    expect(lostAt).toEqual([])
    await clock.advance(200)
    expect(lostAt).toEqual([64 - 2])
  })
})

describe('a lease that is extended by hand while its renewal is due', () => {
  test('is lost at its deadline when the store hangs', async () => {
    const { clock, backend, locks } = world({ ttlMs: 1_000 })
    const leases: Lease[] = []
    // A call extends at most 100 leases: the other leases stay due for a millisecond more.
    for (let i = 0; i < 150; i++) leases.push(await locks.acquire(`n${i}`))
    const acquiredAt = clock.now()
    const lostAt: number[] = []
    for (const { signal } of leases) signal.addEventListener('abort', () => lostAt.push(clock.now() - acquiredAt))
    backend.always('extend', hangs)
    await clock.advance(334)
    expect(backend.calls('extend').map(({ size }) => size)).toEqual([100])
    const extending = leases.map((lease) => codeOf(lease.extend()))
    await clock.advance(990 - 334)
    expect(lostAt).toEqual(leases.map(() => 990))
    const codes = await clock.until(Promise.all(extending))
    expect(codes.every((code) => code === 'LOCK_LOST' || code === 'LOCK_INDETERMINATE')).toBe(true)
  })

  test('is renewed as before when the extension has failed', async () => {
    const { clock, backend, locks } = world({ ttlMs: 1_000, attemptTimeoutMs: 100 })
    const leases = await Promise.all(Array.from({ length: 150 }, (_, i) => locks.acquire(`n${i}`)))
    await clock.advance(334 - 1)
    backend.next('extend', ...Array.from({ length: 60 }, () => hangs))
    await clock.advance(1.5)
    const extending = leases.slice(100).map((lease) => codeOf(lease.extend()).catch(() => 'extended'))
    await clock.until(Promise.all(extending))
    await clock.advance(10_000)
    expect(leases.every(({ held }) => held)).toBe(true)
  })
})
