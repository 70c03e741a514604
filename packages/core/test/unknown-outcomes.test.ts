import { describe, expect, test } from 'vitest'
import { BackendError, isLockError } from '../src/index.js'
import { gate, hangs, hangsAfter, refused, rejectsWith, repeatedAfter, replyLost, requestLost, slow, throwsAtOnce } from './support/faults.js'
import { codeOf, ending, NAME, world } from './support/world.js'

describe('an acquisition whose outcome is unknown', () => {
  test.each([1, 2, 5])('is repeated for the same owner: one grant with one fence, after %d lost replies', async (times) => {
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
  })

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

  test('leaves nothing behind that lasts beyond the ttl when a duplicate arrives after the release (F5)', async () => {
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

describe('a store that never answers', () => {
  const attemptTimeoutMs = 500

  test.each([
    ['acquire', 3_000, 'LOCK_INDETERMINATE'],
    ['tryAcquire', attemptTimeoutMs, 'LOCK_INDETERMINATE'],
    ['request', 3_000, 'LOCK_INDETERMINATE'],
    ['inspect', attemptTimeoutMs, 'LOCK_INDETERMINATE'],
    ['forceRelease', attemptTimeoutMs, 'LOCK_INDETERMINATE'],
  ] as const)('keeps %s for %d ms at most', async (verb, budgetMs, code) => {
    const { clock, backend, locks } = world({ attemptTimeoutMs, waitMs: 3_000 })
    for (const each of ['acquire', 'release', 'inspect', 'evict'] as const) backend.always(each, hangs)
    const before = clock.now()
    const call = verb === 'request' ? locks.request(NAME, () => 1) : locks[verb](NAME)
    expect(await clock.until(codeOf(call))).toBe(code)
    expect(clock.now() - before).toBeLessThanOrEqual(budgetMs)
  })

  test('keeps extend for the bound of one call, and the lease lives on to its old deadline', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs, renew: false })
    const lease = await locks.acquire(NAME)
    backend.always('extend', hangs)
    const before = clock.now()
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_INDETERMINATE')
    expect(clock.now() - before).toBeLessThanOrEqual(attemptTimeoutMs)
    expect(lease.held).toBe(true)
    await clock.advance(9_900 - attemptTimeoutMs - 1)
    expect(lease.held).toBe(true)
    await clock.advance(1)
    expect(lease.held).toBe(false)
  })

  test('keeps many calls of extend for little more than the bound of one', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs })
    const lease = await locks.acquire(NAME)
    backend.always('extend', hangs)
    const before = clock.now()
    const calls = Array.from({ length: 10 }, () => codeOf(lease.extend()))
    expect(new Set(await clock.until(Promise.all(calls)))).toEqual(new Set(['LOCK_INDETERMINATE']))
    expect(clock.now() - before).toBeLessThanOrEqual(attemptTimeoutMs + 20)
  })

  test.each([hangs, hangsAfter])('keeps release for twice the bound of one call, and is reported as unknown', async (fault) => {
    const { clock, backend, locks } = world({ attemptTimeoutMs })
    const lease = await locks.acquire(NAME)
    backend.always('release', fault)
    const before = clock.now()
    expect(await clock.until(lease.release())).toBe('unknown')
    expect(clock.now() - before).toBeLessThanOrEqual(2 * attemptTimeoutMs)
    expect(await lease.release()).toBe('unknown')
    await lease[Symbol.asyncDispose]()
  })

  test('keeps resume for the bound of one call, and the ticket can be used again', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs })
    const ticket = (await locks.acquire(NAME)).ticket()
    backend.next('extend', hangs)
    const before = clock.now()
    expect(await clock.until(codeOf(locks.resume(ticket)))).toBe('LOCK_INDETERMINATE')
    expect(clock.now() - before).toBeLessThanOrEqual(attemptTimeoutMs)
    const lease = await clock.until(locks.resume(ticket))
    expect(lease.held).toBe(true)
    expect(await lease.release()).toBe('released')
  })

  test('keeps close for a bounded time', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs })
    await locks.acquire(NAME)
    for (const verb of ['acquire', 'extend', 'release'] as const) backend.always(verb, hangs)
    const waiting = codeOf(locks.acquire('another'))
    const before = clock.now()
    await clock.until(locks.close())
    expect(await waiting).toBe('LOCK_CLOSED')
    expect(clock.now() - before).toBeLessThanOrEqual(4 * attemptTimeoutMs)
  })

  test('is told that it is no longer waited for', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs })
    backend.always('acquire', hangs)
    const trying = codeOf(locks.tryAcquire(NAME))
    const signal = backend.calls('acquire')[0]?.options?.signal
    expect(signal?.aborted).toBe(false)
    await clock.until(trying)
    expect(signal?.aborted).toBe(true)
    // One who asks only then learns it as well.
    expect(backend.calls('acquire')[0]?.options?.signal?.aborted).toBe(true)
  })
})

describe('a backend that throws instead of rejecting', () => {
  test('is one whose outcome is unknown, for every verb', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    backend.next('acquire', throwsAtOnce)
    const lease = await clock.until(locks.acquire(NAME))
    backend.next('extend', throwsAtOnce)
    await clock.until(lease.extend())
    for (const verb of ['inspect', 'evict', 'release'] as const) backend.always(verb, throwsAtOnce)
    expect(await clock.until(codeOf(locks.inspect(NAME)))).toBe('LOCK_INDETERMINATE')
    expect(await clock.until(codeOf(locks.forceRelease(NAME)))).toBe('LOCK_INDETERMINATE')
    expect(await clock.until(lease.release())).toBe('unknown')
    backend.always('acquire', throwsAtOnce)
    expect(await clock.until(codeOf(locks.tryAcquire(NAME)))).toBe('LOCK_INDETERMINATE')
  })

  test.each([undefined, null, 'boom', 0, Symbol('boom'), { reason: 'boom' }])('may reject with %s', async (reason) => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    backend.always('acquire', rejectsWith(reason))
    expect(await clock.until(codeOf(locks.tryAcquire(NAME)))).toBe('LOCK_INDETERMINATE')
  })
})

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

  test.each([0, 5_000])('is given back for good when it came too late to be of use, with minHoldMs %d', async (minHoldMs) => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 10_000 })
    backend.next('acquire', slow(50, 9_860))
    expect(await clock.until(locks.tryAcquire(NAME, { minHoldMs }))).toBeNull()
    await clock.advance(0)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is followed by another attempt for another owner while the wait lasts (F22)', async () => {
    const { clock, backend, locks } = world({ ttlMs: 1_000, attemptTimeoutMs: 1_000 })
    backend.next('acquire', slow(400, 595))
    const lease = await clock.until(locks.acquire(NAME))
    const owners = backend.calls('acquire').map(({ claim }) => claim.owner)
    expect(new Set(owners).size).toBe(2)
    expect(lease.owner).toBe(owners[1])
    expect((await backend.store.inspect(NAME))?.holders.map(({ owner }) => owner)).toEqual([lease.owner])
  })

  test('counts when enough is left, however slow the network (F22)', async () => {
    const { clock, backend, locks } = world({ ttlMs: 1_000, renew: false })
    backend.always('acquire', slow(400, 400))
    const lease = await clock.until(locks.acquire(NAME))
    expect(lease.remainingMs).toBe(190)
    expect((await backend.store.inspect(NAME))?.holders[0]?.remainingMs).toBe(600)
  })
})

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
    const extending = codeOf(lease.extend(1_000))
    onTheWay.arrive()
    await clock.advance(990)
    expect(lease.held).toBe(false)
    expect(lease.signal.aborted).toBe(true)
    expect(await clock.until(extending)).toBe('LOCK_LOST')
  })
})

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

describe('a client that its user closed while leases were held (F26)', () => {
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
