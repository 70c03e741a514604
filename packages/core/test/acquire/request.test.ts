import { describe, expect, test } from 'vitest'
import { isLockError, type Lease } from '../../src/index.js'
import { hangs, requestLost } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

describe('request answers what the callback answers,', () => {
  test('holding the lock while it runs, and not after', async () => {
    const { backend, locks } = world()
    let seen: Lease | undefined
    const result = await locks.request(NAME, async (lease) => {
      seen = lease
      expect(lease.held).toBe(true)
      expect(await backend.store.inspect(NAME)).not.toBeNull()
      return { the: 'result' }
    })
    expect(result).toEqual({ the: 'result' })
    expect(seen?.held).toBe(false)
    expect(seen?.signal.aborted).toBe(false)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('also from a callback that is not asynchronous', async () => {
    const { locks } = world()
    expect(await locks.request(NAME, ({ fence }) => fence)).toBe(1)
    expect(await locks.request(NAME, { ttlMs: 1_000 }, () => undefined)).toBe(undefined)
  })

  test('though the release of it fails', async () => {
    const { clock, backend, locks } = world()
    backend.always('release', requestLost)
    expect(await clock.until(locks.request(NAME, () => 'done'))).toBe('done')
  })

  test('though the callback released the lease itself', async () => {
    const { clock, backend, locks } = world()
    const result = locks.request(NAME, async (lease) => {
      await lease.release()
      await clock.advance(20_000)
      return 'done'
    })
    expect(await result).toBe('done')
    expect(backend.calls('release').length).toBe(1)
  })

  test('though the callback handed the lease on by a ticket', async () => {
    const { clock, backend, locks } = world()
    const ticket = await locks.request(NAME, (lease) => lease.ticket())
    expect(backend.calls('release').length).toBe(0)
    expect((await clock.until(locks.resume(ticket))).held).toBe(true)
  })
})

describe('request rejects with what the callback throws, and releases:', () => {
  const thrown: readonly unknown[] = [
    new Error('mine'),
    'a string',
    undefined,
    null,
    0,
    Object.freeze({ why: 'frozen' }),
  ]

  test.each(thrown)('%s', async (error) => {
    const { backend, locks } = world()
    const rejecting = locks.request(NAME, async () => {
      throw error
    })
    const throwing = locks.request('another', () => {
      throw error
    })
    expect((await ending(rejecting)) as { error: unknown }).toStrictEqual({ error })
    const end = await ending(throwing)
    expect('error' in end && Object.is(end.error, error)).toBe(true)
    expect([await backend.store.inspect(NAME), await backend.store.inspect('another')]).toEqual([null, null])
  })

  test('the same error, when the release fails too', async () => {
    const { clock, backend, locks } = world()
    backend.always('release', hangs)
    const error = new Error('mine')
    const end = await clock.until(ending(locks.request(NAME, () => Promise.reject(error))))
    expect('error' in end && end.error === error).toBe(true)
    expect(error).toEqual(new Error('mine'))
  })

  test('the same error, when the lease was lost meanwhile', async () => {
    const { clock, locks } = world({ renew: false })
    const error = new Error('mine')
    const end = await ending(
      locks.request(NAME, async () => {
        await clock.advance(20_000)
        throw error
      }),
    )
    expect('error' in end && end.error === error).toBe(true)
  })
})

describe('request rejects with LOCK_LOST', () => {
  test('when the lease was lost while a callback ran that succeeds', async () => {
    const { clock, locks } = world({ renew: false })
    expect(await codeOf(locks.request(NAME, () => clock.advance(20_000)))).toBe('LOCK_LOST')
  })

  test('when the lease was lost and no timer has run yet', async () => {
    const { clock, locks } = world()
    expect(await codeOf(locks.request(NAME, () => clock.jump({ monotonic: 20_000 })))).toBe('LOCK_LOST')
  })

  test('with the reason of the signal', async () => {
    const { clock, locks } = world({ renew: false })
    let reason: unknown
    const end = await ending(
      locks.request(NAME, async ({ signal }) => {
        await clock.advance(20_000)
        reason = signal.reason
      }),
    )
    expect('error' in end && end.error === reason && isLockError(reason, 'LOCK_LOST')).toBe(true)
  })

  test('when somebody took the name by force', async () => {
    const { clock, locks, other } = world()
    const call = locks.request(NAME, async ({ signal }) => {
      await other().forceRelease(NAME)
      await clock.advance(3_400)
      expect(signal.aborted).toBe(true)
    })
    expect(await codeOf(call)).toBe('LOCK_LOST')
  })
})

describe('a callback that never settles', () => {
  test('holds the lock as long as it is renewed', async () => {
    const { clock, locks, other } = world()
    void locks.request(NAME, () => new Promise<never>(() => {}))
    await clock.advance(600_000)
    expect(await other().tryAcquire(NAME)).toBeNull()
  })

  test('loses it after maxHoldMs: its signal aborts, and others get the name', async () => {
    const { clock, locks, other } = world()
    let lease: Lease | undefined
    void locks.request(NAME, { maxHoldMs: 60_000 }, (held) => {
      lease = held
      return new Promise<never>(() => {})
    })
    await clock.advance(59_999)
    expect(lease?.held).toBe(true)
    await clock.advance(1)
    expect(isLockError(lease?.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })
})

describe('ifAvailable', () => {
  test.each(['yes', 1, null, 0])('says so by true, not by %j', async (ifAvailable) => {
    const { locks, backend } = world()
    const options = { ifAvailable: ifAvailable as unknown as boolean }
    const end = await ending(locks.request(NAME, options, () => 1))
    expect('error' in end && end.error).toBeInstanceOf(TypeError)
    expect(backend.calls()).toHaveLength(0)
  })

  test('makes one attempt and calls back with null when somebody else holds the name', async () => {
    const { backend, locks, other } = world()
    await other().acquire(NAME)
    expect(await locks.request(NAME, { ifAvailable: true }, (lease) => [lease])).toEqual([null])
    expect(backend.calls('acquire').length).toBe(1)
    expect(backend.calls('release').length).toBe(0)
  })

  test('calls back with the lease when it is free', async () => {
    const { locks } = world()
    expect(await locks.request(NAME, { ifAvailable: true }, (lease) => lease?.held)).toBe(true)
  })

  test('rejects with what the callback throws, lease or none', async () => {
    const { locks, other } = world()
    await other().acquire(NAME)
    const error = new Error('mine')
    const end = await ending(
      locks.request(NAME, { ifAvailable: true }, () => {
        throw error
      }),
    )
    expect('error' in end && end.error === error).toBe(true)
  })

  test('does not call back when the outcome is unknown', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', requestLost)
    let called = false
    const call = locks.request(NAME, { ifAvailable: true }, () => (called = true))
    expect(await clock.until(codeOf(call))).toBe('LOCK_INDETERMINATE')
    expect(called).toBe(false)
  })

  test('is what waitMs 0 is not: that rejects with LOCK_BUSY', async () => {
    const { locks, other } = world()
    await other().acquire(NAME)
    expect(await codeOf(locks.request(NAME, { waitMs: 0 }, () => 1))).toBe('LOCK_BUSY')
  })
})
