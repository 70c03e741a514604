import { describe, expect, test } from 'vitest'
import { hangs, hangsAfter, rejectsWith, throwsAtOnce } from '../support/faults.js'
import { codeOf, NAME, world } from '../support/world.js'

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

  test.each([hangs, hangsAfter])(
    'keeps release for twice the bound of one call, and is reported as unknown',
    async (fault) => {
      const { clock, backend, locks } = world({ attemptTimeoutMs })
      const lease = await locks.acquire(NAME)
      backend.always('release', fault)
      const before = clock.now()
      expect(await clock.until(lease.release())).toBe('unknown')
      expect(clock.now() - before).toBeLessThanOrEqual(2 * attemptTimeoutMs)
      expect(await lease.release()).toBe('unknown')
      await lease[Symbol.asyncDispose]()
    },
  )

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

  test('learns that it is no longer waited for', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs })
    backend.always('acquire', hangs)
    const trying = codeOf(locks.tryAcquire(NAME))
    const signal = backend.calls('acquire')[0]?.options?.signal
    expect(signal?.aborted).toBe(false)
    await clock.until(trying)
    expect(signal?.aborted).toBe(true)
    // A backend that reads the signal only now finds it aborted as well.
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
