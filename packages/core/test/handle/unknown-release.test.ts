import { describe, expect, test } from 'vitest'
import { isLockError } from '../../src/index.js'
import { gate, refused, replyLost, requestLost } from '../support/faults.js'
import { codeOf, NAME, world } from '../support/world.js'

describe('a release whose outcome is unknown', () => {
  test('is repeated, and counts as released when the repetition finds nothing left', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.next('release', replyLost)
    expect(await clock.until(lease.release())).toBe('released')
    expect(backend.calls('release').length).toBe(2)
    expect(await lease.release()).toBe('released')
    expect(backend.calls('release').length).toBe(2)
  })

  test('is repeated when it was not executed', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.next('release', refused(), requestLost)
    expect(await clock.until(lease.release())).toBe('released')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is reported as unknown and never thrown, and a second call answers the same', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.always('release', requestLost)
    expect(await clock.until(Promise.all([lease.release(), lease.release()]))).toEqual(['unknown', 'unknown'])
    const calls = backend.calls('release').length
    expect(await lease.release()).toBe('unknown')
    expect(backend.calls('release').length).toBe(calls)
    expect(lease.signal.aborted).toBe(false)
  })

  test('cannot touch a successor when it arrives late', async () => {
    const { clock, backend, locks, other } = world({ ttlMs: 1_000, attemptTimeoutMs: 300 })
    const lease = await locks.acquire(NAME)
    const late = gate()
    backend.always('release', late.fault)
    expect(await clock.until(lease.release())).toBe('unknown')
    const successor = await clock.until(other().acquire(NAME))
    late.answer()
    await clock.advance(0)
    expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(successor.owner)
  })
})

describe('a client that its user closed while leases were held', () => {
  test('costs the lease at its deadline; nothing hangs, and the release answers', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    for (const verb of ['acquire', 'extend', 'release'] as const) backend.always(verb, requestLost)
    let lostAt = 0
    lease.signal.addEventListener('abort', () => (lostAt = clock.now()))
    const deadline = clock.now() + 9_900
    await clock.advance(20_000)
    expect(lostAt).toBe(deadline)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(await clock.until(lease.release())).toBe('expired')
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_LOST')
    await clock.until(locks.close())
  })

  test('lets a release in time answer unknown', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.always('release', requestLost)
    expect(await clock.until(lease.release())).toBe('unknown')
  })
})
