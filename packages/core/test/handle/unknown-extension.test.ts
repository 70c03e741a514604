import { describe, expect, test } from 'vitest'
import { gate, hangs, refused, replyLost, requestLost } from '../support/faults.js'
import { codeOf, NAME, world } from '../support/world.js'

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
})
