import { describe, expect, test } from 'vitest'
import { gate, slow } from '../support/faults.js'
import { ending, NAME, world } from '../support/world.js'

describe('a grant that nobody waits for any more', () => {
  test('is given back when the wait was aborted before it landed', async () => {
    const { clock, backend, locks } = world()
    const late = gate()
    backend.next('acquire', late.fault)
    const controller = new AbortController()
    const acquiring = ending(locks.acquire(NAME, { signal: controller.signal }))
    await clock.advance(10)
    controller.abort('changed my mind')
    expect(await clock.until(acquiring)).toEqual({ error: 'changed my mind' })
    late.answer()
    await clock.advance(0)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test.each([0, 5_000])(
    'is given back for good when it came too late to be of use, with minHoldMs %d',
    async (minHoldMs) => {
      const { clock, backend, locks } = world({ attemptTimeoutMs: 10_000 })
      backend.next('acquire', slow(50, 9_860))
      expect(await clock.until(locks.tryAcquire(NAME, { minHoldMs }))).toBeNull()
      await clock.advance(0)
      expect(await backend.store.inspect(NAME)).toBeNull()
    },
  )

  test('is followed by another attempt for another owner while the wait lasts', async () => {
    const { clock, backend, locks } = world({ ttlMs: 1_000, attemptTimeoutMs: 1_000 })
    backend.next('acquire', slow(400, 595))
    const lease = await clock.until(locks.acquire(NAME))
    const owners = backend.calls('acquire').map(({ claim }) => claim.owner)
    expect(new Set(owners).size).toBe(2)
    expect(lease.owner).toBe(owners[1])
    expect((await backend.store.inspect(NAME))?.holders.map(({ owner }) => owner)).toEqual([lease.owner])
  })

  test('counts when enough is left, however slow the network', async () => {
    const { clock, backend, locks } = world({ ttlMs: 1_000, renew: false })
    backend.always('acquire', slow(400, 400))
    const lease = await clock.until(locks.acquire(NAME))
    expect(lease.remainingMs).toBe(190)
    expect((await backend.store.inspect(NAME))?.holders[0]?.remainingMs).toBe(600)
  })
})
