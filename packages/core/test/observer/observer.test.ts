import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { LockObserver } from '../../src/index.js'
import { refused, requestLost, slow } from '../support/faults.js'
import { codeOf, NAME, recorder, world } from '../support/world.js'

const of = { id: expect.any(Number) as number, name: NAME, mode: 'exclusive' }
const ofLease = { ...of, leaseId: expect.any(Number) as number }
const ofWholeLease = { ...ofLease, names: [NAME] }

describe('the observer gets an event', () => {
  test('of an acquisition without contention, and of the release', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ observer })
    backend.next('acquire', slow(20, 30))
    const lease = await clock.until(locks.acquire(NAME))
    await clock.advance(1_000)
    await lease.release()
    expect(events).toEqual([
      ['acquired', { ...ofWholeLease, waitedMs: 50, attempts: 1, fence: lease.fence }],
      ['released', { ...ofWholeLease, heldMs: 1_000 }],
    ])
  })

  test('of contention and of the wait, in this order, with the rest of the other lease', async () => {
    const { observer, events } = recorder()
    const { clock, locks, other } = world({ observer }, { capabilities: { watch: false } })
    await other().acquire(NAME, { renew: false })
    const lease = await clock.until(locks.acquire(NAME, { retry: { backoff: () => 4_000 } }))
    expect(events[0]).toEqual(['contended', { ...of, attempt: 1, retryAfterMs: 10_000 }])
    expect(events[1]).toEqual(['waiting', of])
    expect(events.filter(([hook]) => hook === 'waiting').length).toBe(1)
    const contended = events.filter(([hook]) => hook === 'contended').map(([, event]) => event['attempt'])
    expect(contended).toEqual(contended.map((_, i) => i + 1))
    expect(events.at(-1)).toEqual([
      'acquired',
      { ...ofWholeLease, waitedMs: 10_000, attempts: contended.length + 1, fence: lease.fence },
    ])
  })

  test('of the wait behind others in this process', async () => {
    const { observer, events } = recorder()
    const { clock, locks } = world({ observer })
    const lease = await locks.acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(5)
    await lease.release()
    await clock.until(waiting)
    expect(events.map(([hook]) => hook).filter((hook) => hook !== 'contended')).toEqual([
      'acquired',
      'waiting',
      'released',
      'acquired',
    ])
  })

  test('of each renewal, and of those that failed, with their cause', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ observer })
    await locks.acquire(NAME)
    await clock.advance(3_334)
    expect(events.at(-1)).toEqual(['renewed', { ...ofLease, remainingMs: 9_900 }])
    backend.next('extend', requestLost)
    await clock.advance(3_334)
    expect(events.at(-1)?.[0]).toBe('renewalFailed')
    expect(events.at(-1)?.[1]).toMatchObject({ ...ofLease, cause: { message: 'the connection was closed' } })
    expect(events.at(-1)?.[1]['remainingMs']).toBeGreaterThan(6_000)
  })

  test('of the loss, once, with how long it was held and why', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ observer })
    const lease = await locks.acquire(NAME)
    backend.always('extend', refused())
    await clock.advance(30_000)
    await lease.release()
    const lost = events.filter(([hook]) => hook === 'lost')
    expect(lost).toEqual([['lost', { ...ofWholeLease, heldMs: 9_900, reason: lease.signal.reason as unknown }]])
    expect(events.map(([hook]) => hook)).not.toContain('released')
  })

  test('of the contention when nothing was acquired', async () => {
    const { observer, events } = recorder()
    const { locks, other } = world({ observer })
    await other().acquire(NAME)
    expect(await locks.tryAcquire(NAME)).toBeNull()
    expect(events.map(([hook]) => hook)).toEqual(['contended'])
  })
})

describe('an observer that fails harms nothing', () => {
  const hooks = [
    ...(['started', 'waiting', 'contended', 'acquired', 'failed', 'renewed', 'renewalFailed', 'lost'] as const),
    ...(['released', 'handedOver', 'resumed'] as const),
  ]
  const history = async (observer: LockObserver): Promise<unknown[]> => {
    const { clock, backend, locks, other } = world({ observer })
    const held = await other().acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(100)
    await held.release()
    const lease = await clock.until(waiting)
    backend.next('extend', requestLost)
    await clock.advance(30_000)
    const kept = lease.held
    const released = await lease.release()
    const lost = await locks.acquire('lost')
    backend.always('extend', refused())
    await clock.advance(10_000)
    const code = await codeOf(lost.extend())
    await clock.until(locks.close())
    return [kept, released, code, lost.signal.aborted, await backend.store.inspect(NAME), clock.pending()]
  }

  test.each([
    [
      'throws',
      () => {
        throw new Error('an observer must not throw')
      },
    ],
    ['rejects', () => Promise.reject(new Error('an observer must not reject'))],
    ['rejects with a promise of another realm', runInNewContext('async () => { throw new Error("another realm") }')],
    // oxlint-disable-next-line unicorn/no-thenable -- an answer of a hook may be anything
    ['answers a thenable that rejects', () => ({ then: (_: unknown, no: (e: Error) => void) => no(new Error('no')) })],
    ['answers something strange', () => Symbol('strange')],
  ])('because it %s', async (_, fails) => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', note)
    try {
      const observer = Object.fromEntries(hooks.map((hook) => [hook, fails]))
      expect((await history(observer)).slice(0, 5)).toEqual([true, 'released', 'LOCK_LOST', true, null])
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('unhandledRejection', note)
      for (const listener of others) process.on('unhandledRejection', listener)
    }
    expect(unhandled).toEqual([])
  })

  test('because its hooks cannot be read any more', async () => {
    const hook = (): undefined => {
      if (isMade) throw new Error('a getter must not throw')
    }
    let isMade = false
    const observer = Object.defineProperties({}, Object.fromEntries(hooks.map((name) => [name, { get: hook }])))
    const going = history(observer)
    isMade = true
    expect((await going).slice(0, 5)).toEqual([true, 'released', 'LOCK_LOST', true, null])
  })

  test('because it closes the locker', async () => {
    const { clock, backend, locks } = world({
      observer: { acquired: () => void locks.close() },
    })
    const lease = await locks.acquire(NAME).catch(() => undefined)
    await clock.until(locks.close())
    if (lease !== undefined) expect([lease.held, lease.signal.aborted]).toEqual([false, true])
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('and is called as a method of itself', async () => {
    class Counter implements LockObserver {
      count = 0
      acquired(): void {
        this.count++
      }
    }
    const observer = new Counter()
    const { locks } = world({ observer })
    await locks.acquire(NAME)
    expect(observer.count).toBe(1)
  })
})
