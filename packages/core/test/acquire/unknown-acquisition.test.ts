import { describe, expect, test } from 'vitest'
import { BackendError } from '../../src/index.js'
import { gate, hangs, refused, rejectsWith, repeatedAfter, replyLost, requestLost } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

describe('an acquisition whose outcome is unknown', () => {
  test.each([1, 2, 5])(
    'is repeated for the same owner: one grant with one fence, after %d lost replies',
    async (times) => {
      const { clock, backend, locks } = world()
      backend.next('acquire', ...Array.from({ length: times }, () => replyLost))
      const lease = await clock.until(locks.acquire(NAME))
      const calls = backend.calls('acquire')
      expect(calls.length).toBe(times + 1)
      expect(new Set(calls.map(({ claim }) => claim.owner)).size).toBe(1)
      const held = await backend.store.inspect(NAME)
      expect(held?.holders.map(({ owner, fence }) => [owner, fence])).toEqual([[lease.owner, lease.fence]])
      expect(await lease.release()).toBe('released')
      expect(await backend.store.inspect(NAME)).toBeNull()
    },
  )

  test('is repeated when the request itself was lost', async () => {
    const { clock, backend, locks } = world()
    backend.next('acquire', requestLost, requestLost)
    expect((await clock.until(locks.acquire(NAME))).held).toBe(true)
  })

  test('is indeterminate when no reply ever comes, within the budget, and is given back', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', replyLost)
    const before = clock.now()
    expect(await clock.until(codeOf(locks.acquire(NAME, { waitMs: 2_000 })))).toBe('LOCK_INDETERMINATE')
    expect(clock.now() - before).toBeLessThanOrEqual(2_000)
    expect(backend.calls('acquire').length).toBeGreaterThan(3)
    await clock.advance(0)
    expect(backend.calls('release').length).toBeGreaterThan(0)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is given back at once, and once more when the late reply lands', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    const late = gate()
    backend.next('acquire', late.fault)
    expect(await clock.until(codeOf(locks.tryAcquire(NAME)))).toBe('LOCK_INDETERMINATE')
    await clock.advance(0)
    expect(backend.calls('release').length).toBe(1)
    late.arrive()
    await clock.advance(0)
    expect(await backend.store.inspect(NAME)).not.toBeNull()
    late.answer()
    await clock.advance(0)
    expect(backend.calls('release').length).toBe(2)
    expect(await backend.store.inspect(NAME)).toBeNull()
    expect(new Set(backend.calls().map(({ claim }) => claim.owner)).size).toBe(1)
  })

  test('is given back again also when the late reply is a failure: the command may have been executed', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    const late = gate()
    backend.next('acquire', late.fault)
    expect(await clock.until(codeOf(locks.tryAcquire(NAME)))).toBe('LOCK_INDETERMINATE')
    late.arrive()
    late.fail()
    await clock.advance(0)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is not called busy when the budget ends with an attempt in flight behind refusals', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    const acquiring = codeOf(locks.acquire(NAME, { waitMs: 5_000 }))
    await clock.advance(100)
    backend.always('acquire', hangs)
    const before = clock.now()
    expect(await clock.until(acquiring)).toBe('LOCK_INDETERMINATE')
    expect(clock.now() - before).toBeLessThanOrEqual(5_000)
  })

  test('is busy when a later answer says for certain that somebody else holds it', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    backend.next('acquire', requestLost)
    expect(await clock.until(codeOf(locks.acquire(NAME, { waitMs: 3_000 })))).toBe('LOCK_BUSY')
  })

  test('makes tryAcquire clean up and reject after its one attempt', async () => {
    const { clock, backend, locks } = world()
    backend.next('acquire', replyLost)
    expect(await clock.until(codeOf(locks.tryAcquire(NAME)))).toBe('LOCK_INDETERMINATE')
    await clock.advance(0)
    expect(backend.calls('acquire').length).toBe(1)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is not cleaned up under a later attempt of the same owner that holds', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    const late = gate()
    backend.next('acquire', late.fault)
    const lease = await clock.until(locks.acquire(NAME))
    expect(backend.calls('acquire').length).toBe(2)
    late.answer()
    await clock.advance(100)
    expect(backend.calls('release').length).toBe(0)
    expect(lease.held).toBe(true)
    expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(lease.owner)
    expect(await lease.release()).toBe('released')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is cleaned up when the late grant lands after the lease of a later attempt was released', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    const late = gate()
    backend.next('acquire', late.fault)
    const lease = await clock.until(locks.acquire(NAME))
    expect(await lease.release()).toBe('released')
    late.answer()
    await clock.advance(10)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('leaves nothing behind that lasts beyond the ttl when a duplicate arrives after the release', async () => {
    const { clock, backend, locks, other } = world({ ttlMs: 1_000 })
    backend.next('acquire', repeatedAfter(50))
    const lease = await locks.acquire(NAME)
    expect(await lease.release()).toBe('released')
    await clock.advance(60)
    expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(lease.owner)
    expect(lease.held).toBe(false)
    await clock.advance(1_000)
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('does not let the lease be believed for longer than a command that is still on its way may leave it', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500, renew: false })
    const late = gate()
    backend.next('acquire', late.fault)
    const lease = await clock.until(locks.acquire(NAME))
    await lease.extend(60_000)
    late.answer()
    await clock.advance(0)
    const storeEnd = clock.now() + ((await backend.store.inspect(NAME))?.holders[0]?.remainingMs ?? 0)
    expect(clock.now() + lease.remainingMs).toBeLessThanOrEqual(storeEnd)
  })

  test('nor, when a refusal came in between, than one that its client may yet send again', async () => {
    const { clock, backend, locks, other } = world({ renew: false, retry: { backoff: () => 100 } })
    const held = await other().acquire(NAME)
    let sendAgain = (): Promise<unknown> => Promise.resolve()
    backend.next('acquire', (execute) => {
      sendAgain = execute
      return requestLost(execute, clock)
    })
    const acquiring = locks.acquire(NAME)
    await clock.advance(150)
    await held.release()
    const lease = await clock.until(acquiring)
    await lease.extend(60_000)
    await sendAgain()
    const storeEnd = clock.now() + ((await backend.store.inspect(NAME))?.holders[0]?.remainingMs ?? 0)
    expect(backend.calls('acquire').length).toBeGreaterThanOrEqual(3)
    expect(clock.now() + lease.remainingMs).toBeLessThanOrEqual(storeEnd)
  })
})

describe('a command that was certainly not executed', () => {
  test('is repeated as long as the wait lasts', async () => {
    const { clock, backend, locks } = world()
    backend.next('acquire', refused(), refused(), refused())
    expect((await clock.until(locks.acquire(NAME))).held).toBe(true)
  })

  test('ends the wait as LOCK_BACKEND when it never works, with its cause', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', refused())
    const end = await clock.until(ending(locks.acquire(NAME, { waitMs: 1_000 })))
    expect(end).toMatchObject({ error: { code: 'LOCK_BACKEND', cause: { message: 'the store is loading' } } })
    expect(backend.calls('release')).toEqual([])
  })

  test('is not repeated when asking again cannot help', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', refused(false))
    const before = clock.now()
    expect(await clock.until(codeOf(locks.acquire(NAME)))).toBe('LOCK_BACKEND')
    expect(clock.now()).toBe(before)
    expect(backend.calls().length).toBe(1)
  })

  test('is not repeated when asking again cannot help though the outcome is unknown', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', rejectsWith(new BackendError('broken', { executed: 'unknown', retryable: false })))
    expect(await clock.until(codeOf(locks.acquire(NAME)))).toBe('LOCK_INDETERMINATE')
    expect(backend.calls('acquire').length).toBe(1)
    expect(backend.calls('release').length).toBe(1)
  })

  test('makes tryAcquire reject with LOCK_BACKEND after one attempt', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', refused())
    expect(await clock.until(codeOf(locks.tryAcquire(NAME)))).toBe('LOCK_BACKEND')
    expect(backend.calls().length).toBe(1)
  })
})
