import { describe, expect, test } from 'vitest'
import { createLocker, type LockBackend, memoryBackend, type Turn } from '../../src/index.js'
import { microtasks, virtualClock } from '../support/clock.js'
import { slow } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

const neverHints = { watch: async () => async () => {} }

describe('hints of whose turn it is', () => {
  test('save the waiter from asking', async () => {
    const { clock, backend, locks, other } = world()
    const held = await other().acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(800)
    const asked = backend.calls('acquire').length
    const before = clock.now()
    await held.release()
    await clock.until(waiting)
    expect(backend.calls('acquire').length).toBe(asked + 1)
    expect(asked).toBeLessThanOrEqual(2)
    expect(clock.now() - before).toBeLessThanOrEqual(1)
  })

  test('that overtake the refusal which they follow are not lost', async () => {
    const { clock, backend, locks, other } = world()
    const rival = other()
    for (let round = 0; round < 3; round++) {
      const held = await rival.acquire(NAME)
      const answers = backend.calls('acquire').length
      backend.next('acquire', async (execute) => {
        const refusal = await execute()
        if (round > 0) await held.release()
        return slow(0, 5)(() => Promise.resolve(refusal), clock)
      })
      const waiting = locks.acquire(NAME)
      if (round === 0) {
        // The first wait begins the watch.
        await clock.advance(100)
        await held.release()
      }
      const before = clock.now()
      await (await clock.until(waiting)).release()
      expect(clock.now() - before).toBeLessThanOrEqual(6)
      expect(backend.calls('acquire').length - answers).toBeLessThanOrEqual(3)
    }
  })

  test('that never come cost one poll interval at most', async () => {
    const { clock, locks, other } = world({}, neverHints)
    for (const held of [0, 1, 999, 1_000, 12_345]) {
      const lease = await other().acquire(NAME)
      const waiting = locks.acquire(NAME)
      await clock.advance(held)
      await lease.release()
      const before = clock.now()
      await (await clock.until(waiting)).release()
      expect(clock.now() - before).toBeLessThanOrEqual(1_000)
    }
  })

  test('that are forged, a hundred thousand of them, cause a bounded number of commands, and no grant', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    const waiting = codeOf(locks.acquire(NAME, { waitMs: 1_000 }))
    await clock.advance(1)
    const owner = backend.calls('acquire')[0]?.claim.owner ?? ''
    for (let i = 0; i < 1_000; i++) {
      for (let j = 0; j < 100; j++)
        backend.hint({ type: 'turn', name: NAME, owner: j % 2 === 0 ? owner : `nobody~${i}` })
      await clock.advance(i % 2)
    }
    await clock.advance(1_000)
    expect(await waiting).toBe('LOCK_BUSY')
    expect(backend.calls('acquire').length).toBeLessThanOrEqual(60)
  })

  test('that are junk are ignored', async () => {
    const { clock, backend, locks, other } = world()
    const held = await other().acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(10)
    for (const junk of [{ name: '', owner: '' }, { name: NAME, owner: '__proto__' }, {}] as Turn[]) backend.hint(junk)
    await clock.advance(10)
    await held.release()
    expect((await clock.until(waiting)).held).toBe(true)
  })

  test('that come late, after the wait has ended, are ignored', async () => {
    const { clock, backend, locks, other } = world()
    const held = await other().acquire(NAME)
    const controller = new AbortController()
    const waiting = ending(locks.acquire(NAME, { signal: controller.signal }))
    await clock.advance(10)
    controller.abort()
    await waiting
    const owner = backend.calls('acquire')[0]?.claim.owner ?? ''
    const calls = backend.calls().length
    backend.hint({ type: 'turn', name: NAME, owner })
    await clock.advance(5_000)
    expect(backend.calls().length).toBeLessThanOrEqual(calls + 1)
    expect(held.held).toBe(true)
  })
})

describe('the watch', () => {
  test('is one for the life of the locker, not one for each name', async () => {
    const { clock, backend, locks, other } = world()
    const rival = other()
    for (let i = 0; i < 50; i++) {
      await rival.acquire(`n${i}`)
      void ending(locks.acquire(`n${i}`))
    }
    await clock.advance(10_000)
    expect(backend.watchers()).toBe(1)
  })

  test('is not begun by a locker that need not wait', async () => {
    const { backend, locks } = world()
    await (await locks.acquire(NAME)).release()
    expect(backend.watchers()).toBe(0)
  })

  test('that stands only after the name was freed loses nothing: the waiter asks again', async () => {
    let stand = (): void => {}
    const standing = new Promise<void>((resolve) => (stand = resolve))
    const { clock, locks, other } = world(
      { retry: { backoff: () => 60_000 } },
      { watch: () => standing.then(() => async () => {}) },
    )
    const held = await other().acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(1)
    await held.release()
    await clock.advance(1)
    const before = clock.now()
    stand()
    expect((await clock.until(waiting)).held).toBe(true)
    expect(clock.now() - before).toBeLessThanOrEqual(1)
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('no subscriptions here'))],
    ['never stands', () => new Promise<never>(() => {})],
    [
      'throws',
      () => {
        throw new Error('no subscriptions here')
      },
    ],
  ])('that %s is done without: the waiter polls', async (_, watch) => {
    let calls = 0
    const counted = (): Promise<never> => (calls++, watch())
    const { clock, backend, locks, other } = world({}, { watch: counted })
    const held = await other().acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(10_000)
    expect(calls).toBeLessThanOrEqual(11)
    expect(backend.calls('acquire').length).toBeGreaterThan(10)
    await held.release()
    const before = clock.now()
    expect((await clock.until(waiting)).held).toBe(true)
    expect(clock.now() - before).toBeLessThanOrEqual(500)
  })
})

describe('a watch that cannot be begun', () => {
  test.each([
    ['throws at once', true],
    ['rejects', false],
  ])('because it %s is begun again a second later, and then brings hints', async (_, atOnce) => {
    const clock = virtualClock()
    const store = memoryBackend({ clock })
    const begun: number[] = []
    const backend: LockBackend = {
      ...store,
      watch: (onTurn) => {
        begun.push(clock.now())
        const error = new Error('no subscriptions here')
        if (begun.length < 3 && atOnce) throw error
        return begun.length < 3 ? Promise.reject(error) : (store.watch?.(onTurn) ?? Promise.reject(error))
      },
    }
    const [locks, rival] = [createLocker({ backend, clock }), createLocker({ backend: store, clock })]
    const held = await rival.acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(10_000)
    expect(begun.length).toBe(3)
    for (const [i, at] of begun.entries()) if (i > 0) expect(at - (begun[i - 1] ?? 0)).toBeGreaterThanOrEqual(1_000)
    await held.release()
    const before = clock.now()
    expect((await clock.until(waiting)).held).toBe(true)
    expect(clock.now() - before).toBeLessThanOrEqual(1)
    await clock.until(locks.close())
  })
})

describe('a turn that says it was granted', () => {
  test('is taken without asking, and is believed no longer than the store holds it', async () => {
    const { clock, backend, locks, other } = world({ ttlMs: 3_000 }, neverHints)
    const held = await other().acquire(NAME)
    const waiting = locks.acquire(NAME)
    // The waiter has last refreshed its place a second after it began to wait.
    await clock.advance(1_900)
    const asked = backend.calls('acquire').length
    await held.release()
    const granted = (await backend.store.inspect(NAME))?.holders[0]
    backend.hint({ type: 'turn', name: NAME, owner: granted?.owner ?? '', granted: { fence: granted?.fence ?? null } })
    const lease = await clock.until(waiting)
    expect([lease.fence, backend.calls('acquire').length - asked]).toEqual([granted?.fence, 0])
    expect(lease.remainingMs).toBeLessThanOrEqual((await backend.store.inspect(NAME))?.holders[0]?.remainingMs ?? 0)
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
    expect(await lease.release()).toBe('released')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('is asked for when it comes too long after the last call', async () => {
    const { clock, backend, locks, other } = world({ retry: { backoff: () => 900 } }, neverHints)
    const held = await other().acquire(NAME)
    const waiting = locks.acquire(NAME)
    await clock.advance(850)
    await held.release()
    const granted = (await backend.store.inspect(NAME))?.holders[0]
    clock.jump({ monotonic: 1_000 })
    backend.hint({ type: 'turn', name: NAME, owner: granted?.owner ?? '', granted: { fence: granted?.fence ?? null } })
    const asked = backend.calls('acquire').length
    expect((await clock.until(waiting)).held).toBe(true)
    expect(backend.calls('acquire').length).toBe(asked + 1)
  })

  test('is given back when the wait ends in the same moment', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { clock, backend, locks, other } = world({}, neverHints)
      const held = await other().acquire(NAME)
      const controller = new AbortController()
      const waiting = ending(locks.acquire(NAME, { signal: controller.signal }))
      await clock.advance(1_100)
      await held.release()
      const granted = (await backend.store.inspect(NAME))?.holders[0]
      backend.hint({
        type: 'turn',
        name: NAME,
        owner: granted?.owner ?? '',
        granted: { fence: granted?.fence ?? null },
      })
      await microtasks(turns)
      controller.abort()
      const end = await clock.until(waiting)
      if ('value' in end) await end.value.release()
      await clock.advance(10)
      expect(await backend.store.inspect(NAME)).toBeNull()
    }
  })
})
