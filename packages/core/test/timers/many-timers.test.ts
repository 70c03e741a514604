import { describe, expect, test } from 'vitest'
import type { Lease } from '../../src/index.js'
import { hangs } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

describe('no timer is left', () => {
  test('after close, and no watch', async () => {
    const { clock, backend, locks } = world()
    await backend.store.acquire({ name: 'held', owner: 'rival', ttlMs: 60_000, mode: 'exclusive', limit: 1 })
    await Promise.all(Array.from({ length: 50 }, (_, i) => locks.acquire(`n${i}`)))
    const waiting = Array.from({ length: 50 }, () => ending(locks.acquire('held')))
    await clock.advance(20_000)
    expect(backend.watchers()).toBe(1)
    await clock.until(locks.close())
    await Promise.all(waiting)
    expect([clock.pending(), backend.watchers()]).toEqual([0, 0])
  })

  test('once the calls that hung have run out, when the store hung at close', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    await locks.acquire('held')
    for (const verb of ['acquire', 'extend', 'release'] as const) backend.always(verb, hangs)
    const waiting = codeOf(locks.acquire('wanted'))
    await clock.advance(3_400)
    await clock.until(locks.close())
    expect(await waiting).toBe('LOCK_CLOSED')
    await clock.advance(500)
    expect(clock.pending()).toBe(0)
  })

  test('without close, soon after everything was released', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire('held', { renew: false })
    const leases = await Promise.all(Array.from({ length: 50 }, (_, i) => locks.acquire(`n${i}`)))
    const waiting = locks.acquire('held')
    await clock.advance(5_000)
    await held.release()
    const won = await clock.until(waiting)
    await clock.until(Promise.all([won, ...leases].map((lease) => lease.release())))
    await clock.advance(30_000)
    expect(clock.pending()).toBe(0)
  })

  test('that keeps the process alive, while leases are only held', async () => {
    const { clock, locks } = world()
    await locks.acquire(NAME)
    await clock.advance(60_000)
    expect([clock.pending() > 0, clock.keepsAlive()]).toEqual([true, false])
  })
})

describe('a process is kept alive', () => {
  test('by whoever waits, at every moment', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire(NAME, { renew: false, ttlMs: 60_000 })
    const waiting = [locks.acquire(NAME, { waitMs: Infinity }), locks.acquire(NAME, { waitMs: Infinity })]
    for (let i = 0; i < 500; i++) {
      expect(clock.keepsAlive()).toBe(true)
      await clock.advance(97)
    }
    await held.release()
    const first = await clock.until(waiting[0] as Promise<Lease>)
    expect(clock.keepsAlive()).toBe(true)
    await first.release()
    await clock.until(waiting[1] as Promise<Lease>)
    expect(clock.keepsAlive()).toBe(false)
  })

  test.each(['acquire', 'extend', 'release', 'close', 'inspect'] as const)(
    'by %s while the store hangs',
    async (verb) => {
      const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
      const lease = await locks.acquire(NAME)
      for (const each of ['acquire', 'extend', 'release', 'inspect'] as const) backend.always(each, hangs)
      const calls = {
        acquire: () => locks.acquire('another', { waitMs: 2_000 }),
        extend: () => lease.extend(),
        release: () => lease.release(),
        close: () => locks.close(),
        inspect: () => locks.inspect(NAME),
      }
      let done = false
      const end = ending<unknown>(calls[verb]()).then(() => (done = true))
      await clock.advance(0)
      for (let i = 0; i < 5_000 && !done; i += 50) {
        expect(clock.keepsAlive()).toBe(true)
        await clock.advance(50)
      }
      await end
      // The locker is still releasing the claims whose calls were given up.
      await clock.advance(2 * 500)
      expect(clock.keepsAlive()).toBe(false)
    },
  )

  test('by close while the watch hangs', async () => {
    const { clock, locks, other } = world({ attemptTimeoutMs: 500 }, { watch: () => new Promise<never>(() => {}) })
    await other().acquire(NAME, { renew: false })
    const waiting = codeOf(locks.acquire(NAME))
    await clock.advance(100)
    const closing = locks.close()
    await clock.advance(0)
    expect(clock.keepsAlive()).toBe(true)
    await clock.until(closing)
    await waiting
  })
})
