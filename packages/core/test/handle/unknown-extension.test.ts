import { describe, expect, test } from 'vitest'
import { BackendError } from '../../src/index.js'
import { type Fault, gate, hangs, refused, replyLost, requestLost } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

describe('an extension whose outcome is unknown', () => {
  test('is repeated within the bound of one call', async () => {
    const { clock, backend, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    await clock.advance(5_000)
    backend.next('extend', replyLost, requestLost)
    await clock.until(lease.extend())
    expect(backend.calls('extend').length).toBe(3)
    expect(lease.remainingMs).toBe(9_900)
  })

  test('does not move the deadline', async () => {
    const { clock, backend, locks } = world({ renew: false, attemptTimeoutMs: 500 })
    const lease = await locks.acquire(NAME)
    await clock.advance(5_000)
    backend.always('extend', replyLost)
    const deadline = clock.now() + lease.remainingMs
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_INDETERMINATE')
    expect(clock.now() + lease.remainingMs).toBe(deadline)
  })

  test('that shortens leaves nobody with a longer belief than the store may have', async () => {
    const { clock, backend, locks } = world({ renew: false, attemptTimeoutMs: 500 })
    const lease = await locks.acquire(NAME)
    backend.always('extend', replyLost)
    expect(await clock.until(codeOf(lease.extend(1_000)))).toBe('LOCK_INDETERMINATE')
    while (lease.held) {
      expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(lease.owner)
      await clock.advance(7)
    }
    expect(await lease.release()).toBe('expired')
  })

  test('that shortens and arrives late, after a later one that lengthens, does neither', async () => {
    const { clock, backend, locks } = world({ renew: false, attemptTimeoutMs: 200 })
    const lease = await locks.acquire(NAME)
    const late = gate()
    backend.next('extend', late.fault)
    expect(await clock.until(codeOf(lease.extend(1_000)))).toBe('LOCK_INDETERMINATE')
    await lease.extend(60_000)
    late.answer()
    for (await clock.advance(0); lease.held; await clock.advance(7)) {
      expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(lease.owner)
    }
  })

  test('that shortens counts as not made when it was certainly not executed', async () => {
    const { clock, backend, locks } = world({ renew: false, attemptTimeoutMs: 200 })
    const lease = await locks.acquire(NAME)
    backend.always('extend', refused(false))
    expect(await clock.until(codeOf(lease.extend(1_000)))).toBe('LOCK_BACKEND')
    expect(lease.remainingMs).toBe(9_900)
    await clock.advance(9_899)
    expect(lease.held).toBe(true)
    await clock.advance(1)
    expect(lease.signal.aborted).toBe(true)
  })

  test('that shortens is believed at once, while it is on its way', async () => {
    const { clock, backend, locks } = world({ renew: false, attemptTimeoutMs: 5_000 })
    const lease = await locks.acquire(NAME)
    const onTheWay = gate()
    backend.next('extend', onTheWay.fault)
    backend.always('extend', hangs)
    const extending = codeOf(lease.extend(1_000))
    onTheWay.arrive()
    await clock.advance(990)
    expect(lease.held).toBe(false)
    expect(lease.signal.aborted).toBe(true)
    expect(await clock.until(extending)).toBe('LOCK_LOST')
  })

  test('counts from when it was sent, also when it fails after a later one has failed', async () => {
    const failsLate: Fault = async (execute, at) => {
      await execute()
      await new Promise<void>((resolve) => void at.setTimeout(resolve, 3_000))
      throw new BackendError('the connection was closed', { executed: 'unknown' })
    }
    const { locks, backend, clock, other } = world({ ttlMs: 30_000, attemptTimeoutMs: 1_000 })
    const lease = await locks.acquire(NAME, { renew: false })
    backend.always('extend', requestLost)
    backend.next('extend', failsLate)
    void ending(lease.extend(4_000))
    await clock.advance(2_000)
    void ending(lease.extend(4_000))
    await clock.advance(1_000)
    const second = await clock.until(other().acquire(NAME))
    expect([second.held, lease.held, lease.remainingMs]).toEqual([true, false, 0])
  })
})
