import { describe, expect, test } from 'vitest'
import { createLocker, isLockError, type LockBackend, memoryBackend } from '../src/index.js'
import { settled, virtualClock } from './support/clock.js'
import { gate, hangs, pass, refused, replyLost, requestLost, slow } from './support/faults.js'
import { codeOf, NAME, recorder, world } from './support/world.js'

const acquireMany = (locks: ReturnType<typeof world>['locks'], count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => locks.acquire(`n${i}`)))

describe('a lease is renewed', () => {
  test.each([30, 300, 9_000, 10_000])('first after a third of its ttl of %d ms, then again and again', async (ttlMs) => {
    const { clock, backend, locks } = world({ ttlMs })
    const start = clock.now()
    await locks.acquire(NAME)
    await clock.advance(ttlMs * 10)
    const sent = backend.calls('extend').map(({ at }) => at - start)
    expect(sent[0]).toBe(Math.ceil(ttlMs / 3))
    expect(sent.length).toBeGreaterThanOrEqual(28)
    expect(sent.length).toBeLessThanOrEqual(30)
  })

  test('to its own ttl, under its own owner', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME, { ttlMs: 3_000 })
    await clock.advance(1_000)
    expect(backend.calls('extend')[0]?.claim).toMatchObject({ name: NAME, owner: lease.owner, ttlMs: 3_000 })
    expect(lease.remainingMs).toBe(2_970)
  })

  test('counting from before the call', async () => {
    const { clock, backend, locks } = world({ ttlMs: 3_000 })
    const lease = await locks.acquire(NAME)
    backend.always('extend', slow(200, 200))
    await clock.advance(1_400)
    expect(lease.remainingMs).toBe(2_570)
  })

  test('not when renew is false, of the locker or of the call', async () => {
    const { clock, backend, locks, other } = world({ renew: false })
    await locks.acquire('a')
    await locks.acquire('b', { renew: true })
    await clock.advance(60_000)
    expect(new Set(backend.calls('extend').map(({ claim }) => claim.name))).toEqual(new Set(['b']))
    expect(await other().tryAcquire('a')).not.toBeNull()
  })

  test('until maxHoldMs, where it ends', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ maxHoldMs: 25_000, observer })
    const lease = await locks.acquire(NAME)
    await clock.advance(24_999)
    expect(lease.held).toBe(true)
    expect(lease.remainingMs).toBe(1)
    await clock.advance(1)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(await backend.store.inspect(NAME)).toBeNull()
    const renewals = backend.calls('extend').length
    await clock.advance(60_000)
    expect(backend.calls('extend').length).toBe(renewals)
    expect(events.filter(([hook]) => hook === 'lost').length).toBe(1)
  })

  test('and a maxHoldMs of 0 ends it at once, without asking the store again and again', async () => {
    const { clock, backend, locks } = world({ maxHoldMs: 0 })
    const lease = await clock.until(locks.acquire(NAME))
    expect(lease.held).toBe(false)
    expect(lease.signal.aborted).toBe(true)
    await clock.advance(100)
    expect(backend.calls('acquire').length).toBe(1)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})

describe('many leases are renewed together', () => {
  test('a hundred by one call', async () => {
    const { clock, backend, locks } = world()
    await acquireMany(locks, 250)
    await clock.advance(3_400)
    expect(backend.calls('extend').map(({ size }) => size)).toEqual([100, 100, 50])
  })

  test('also when they were acquired one after the other', async () => {
    const { clock, backend, locks } = world()
    for (let i = 0; i < 100; i++) {
      await locks.acquire(`n${i}`)
      await clock.advance(10)
    }
    await clock.advance(20_000)
    expect(backend.calls('extend').length).toBeLessThan(2 * 7)
  })

  test('ten thousand, with few commands and without a timer of their own', async () => {
    const { clock, backend, locks } = world({ ttlMs: 30_000 })
    const leases = await acquireMany(locks, 10_000)
    const timers = clock.timersSet()
    await clock.advance(60_500)
    const calls = backend.calls('extend')
    expect(calls.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThanOrEqual(60_000 - 10_000)
    expect(Math.max(...calls.map(({ size }) => size))).toBe(100)
    expect(calls.length).toBeLessThanOrEqual(700)
    expect(clock.timersSet() - timers).toBeLessThan(calls.length * 4)
    expect(clock.pending()).toBeLessThanOrEqual(3)
    expect(leases.every(({ held }) => held)).toBe(true)
  })

  test('and what became of one is no matter of the others', async () => {
    const { clock, backend, locks } = world()
    const leases = await acquireMany(locks, 10)
    await backend.store.evict('n3')
    await backend.store.evict('n7')
    await clock.advance(3_400)
    expect(leases.map(({ held }) => held)).toEqual(leases.map(({ name }) => name !== 'n3' && name !== 'n7'))
    await clock.advance(60_000)
    expect(leases.filter(({ held }) => held).length).toBe(8)
  })

  test('and an answer that is unknown for one is asked for again for that one', async () => {
    const clock = virtualClock()
    const memory = memoryBackend({ clock })
    const sizes: number[] = []
    const backend: LockBackend = {
      ...memory,
      extend: async (claims) => {
        sizes.push(claims.length)
        const outcomes = await memory.extend(claims)
        if (sizes.length > 1) return outcomes
        return outcomes.map((each, i) => (i === 1 ? { status: 'unknown', cause: new Error('a node is down') } : each))
      },
    }
    const locks = createLocker({ backend, clock })
    const leases = await Promise.all(['a', 'b', 'c'].map((name) => locks.acquire(name)))
    await clock.advance(9_000)
    expect(sizes.slice(0, 2)).toEqual([3, 1])
    expect(leases.every(({ held }) => held)).toBe(true)
  })

  test('and outcomes that are missing count as unknown', async () => {
    const clock = virtualClock()
    const memory = memoryBackend({ clock })
    let calls = 0
    const backend: LockBackend = {
      ...memory,
      extend: async (claims) => (++calls === 1 ? [] : memory.extend(claims)),
    }
    const locks = createLocker({ backend, clock })
    const lease = await locks.acquire(NAME)
    await clock.advance(30_000)
    expect(lease.held).toBe(true)
  })

  test('but a lease of a tenth of a second does not cut short the renewal of one of ten seconds', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ observer })
    const long = await locks.acquire('long', { ttlMs: 10_000 })
    await clock.advance(3_300)
    await locks.acquire('short', { ttlMs: 100 })
    backend.always('extend', slow(15, 15))
    await clock.advance(10_000)
    expect(long.held).toBe(true)
    const failed = events.filter(([hook, { name }]) => hook === 'renewalFailed' && name === 'long')
    expect(failed).toEqual([])
  })
})

describe('a renewal that fails', () => {
  test.each([
    ['loses its request', requestLost],
    ['loses its reply', replyLost],
    ['is refused', refused()],
    ['is refused for good', refused(false)],
    ['hangs', hangs],
  ])('because it %s is tried again until the deadline, several times and not endlessly', async (_, fault) => {
    for (const ttlMs of [10, 50, 1_000, 10_000, 600_000]) {
      const { clock, backend, locks } = world({ ttlMs })
      await locks.acquire(NAME)
      backend.always('extend', fault)
      await clock.advance(ttlMs)
      const calls = backend.calls('extend').length
      expect(calls).toBeGreaterThanOrEqual(ttlMs < 50 ? 2 : 4)
      expect(calls).toBeLessThanOrEqual(60)
      await clock.advance(ttlMs)
      expect(backend.calls('extend').length).toBe(calls)
    }
  })

  test('for certain, because the name is not ours any more, loses the lease at once', async () => {
    const { clock, backend, locks, other } = world()
    const lease = await locks.acquire(NAME)
    await backend.store.evict(NAME)
    const successor = await other().acquire(NAME)
    let abortedAt = 0
    lease.signal.addEventListener('abort', () => (abortedAt = clock.now()))
    const before = clock.now()
    await clock.advance(60_000)
    expect(abortedAt - before).toBe(3_334)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(backend.calls('extend').length).toBe(1)
    expect(successor.held).toBe(true)
    expect(await lease.release()).toBe('expired')
  })
})

describe('release ends renewal', () => {
  test('at whichever moment it comes', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { observer, events } = recorder()
      const { clock, backend, locks } = world({ observer })
      const lease = await locks.acquire(NAME)
      let released = false
      const release = async (): Promise<void> => {
        for (let i = 0; i < turns; i++) await undefined
        await lease.release()
        released = true
      }
      let ending: Promise<void> | undefined
      clock.setTimeout(() => (ending = release()), 3_333)
      backend.always('extend', (execute) => {
        expect(released).toBe(false)
        ending ??= release()
        return execute()
      })
      await clock.advance(20_000)
      await ending
      expect(backend.calls('extend').length).toBeLessThanOrEqual(1)
      expect(await backend.store.inspect(NAME)).toBeNull()
      expect(events.map(([hook]) => hook).filter((hook) => hook !== 'renewed')).toEqual(['acquired', 'released'])
    }
  })

  test.each(['before', 'after'])('though a renewal is in flight that arrives %s it', async (order) => {
    const { observer, events } = recorder()
    const { clock, backend, locks, other } = world({ observer })
    const lease = await locks.acquire(NAME)
    const renewal = gate()
    backend.next('extend', renewal.fault)
    await clock.advance(3_400)
    expect(backend.calls('extend').length).toBe(1)
    if (order === 'before') renewal.arrive()
    await settled()
    expect(await clock.until(lease.release())).toBe('released')
    const successor = await other().acquire(NAME)
    renewal.answer()
    await clock.advance(20_000)
    expect(backend.calls('extend').length).toBe(1)
    expect(successor.held).toBe(true)
    expect(events.map(([hook]) => hook)).toEqual(['acquired', 'released'])
  })

  test('and a renewal in flight that fails after it is not tried again', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const renewal = gate()
    backend.next('extend', renewal.fault)
    await clock.advance(3_400)
    await lease.release()
    renewal.fail()
    await clock.advance(60_000)
    expect(backend.calls('extend').length).toBe(1)
  })
})

describe('extend by hand', () => {
  test('waits for a renewal in flight: never two together for one lease', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const renewal = gate()
    backend.next('extend', renewal.fault)
    await clock.advance(3_400)
    const extending = [lease.extend(20_000), lease.extend(30_000), lease.extend()]
    await clock.advance(100)
    expect(backend.calls('extend').length).toBe(1)
    renewal.answer()
    await clock.until(Promise.all(extending))
    expect(backend.mostInFlight('extend')).toBe(1)
    expect(backend.calls('extend').length).toBe(4)
  })

  test('for longer is not cut short by the next renewal', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    await lease.extend(60_000)
    const storeLeft = async (): Promise<number> =>
      (await backend.store.inspect(NAME))?.holders[0]?.remainingMs ?? Number.NaN
    for (let i = 0; i < 500; i++) {
      const [before, believed] = [await storeLeft(), lease.remainingMs]
      await clock.advance(100)
      expect(await storeLeft()).toBeGreaterThanOrEqual(before - 100)
      expect(lease.remainingMs).toBeGreaterThanOrEqual(believed - 100)
    }
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
  })

  test('for shorter is renewed in time all the same', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME)
    await lease.extend(50)
    expect(lease.remainingMs).toBe(48)
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
    expect(lease.remainingMs).toBeGreaterThan(6_000)
  })

  test('of a lost lease or a released one is refused without a command', async () => {
    const { clock, backend, locks } = world({ renew: false })
    const released = await locks.acquire('released')
    const lost = await locks.acquire('lost')
    await released.release()
    await clock.advance(10_000)
    expect([await codeOf(released.extend()), await codeOf(lost.extend())]).toEqual(['LOCK_LOST', 'LOCK_LOST'])
    expect(backend.calls('extend')).toEqual([])
  })

  test('that is overtaken by a release is refused', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const onTheWay = gate()
    backend.next('extend', onTheWay.fault)
    const extending = codeOf(lease.extend())
    expect(await clock.until(lease.release())).toBe('released')
    onTheWay.answer()
    expect(await clock.until(extending)).toBe('LOCK_LOST')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('finds out that the lease is lost', async () => {
    const { backend, locks } = world()
    const lease = await locks.acquire(NAME)
    await backend.store.evict(NAME)
    expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
    expect([lease.held, lease.signal.aborted]).toEqual([false, true])
  })

  test('that fails leaves the renewal running', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 300 })
    const lease = await locks.acquire(NAME)
    backend.next('extend', ...Array.from({ length: 10 }, () => requestLost))
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_INDETERMINATE')
    backend.always('extend', pass)
    await clock.advance(120_000)
    expect(lease.held).toBe(true)
  })
})

describe('no ttl makes renewal spin', () => {
  test.each([10, 11, 12, 15, 20, 33, 50, 100, 333, 1_250])('%d ms', async (ttlMs) => {
    const { clock, backend, locks } = world({ ttlMs })
    const lease = await locks.acquire(NAME)
    await clock.advance(5_000)
    expect(lease.held).toBe(true)
    expect(backend.calls('extend').length).toBeLessThanOrEqual(Math.ceil(5_000 / Math.floor(ttlMs / 3)) + 1)
    expect(clock.timersSet()).toBeLessThan(backend.calls('extend').length * 4 + 10)
  })

  test.each([2 ** 31 - 1, 2 ** 31 - 2, 86_400_000])('%d ms', async (ttlMs) => {
    const { clock, backend, locks } = world({ ttlMs })
    const lease = await locks.acquire(NAME)
    const timers = clock.timersSet()
    await clock.advance(3_600_000)
    expect(backend.calls('extend').length).toBe(0)
    expect(clock.timersSet() - timers).toBeLessThanOrEqual(5)
    await clock.advance(ttlMs)
    expect(backend.calls('extend').length).toBeGreaterThanOrEqual(2)
    expect(backend.calls('extend').length).toBeLessThanOrEqual(4)
    expect(lease.held).toBe(true)
  })

  test('10 ms, of a store that answers after 2 ms', async () => {
    const { clock, backend, locks } = world({ ttlMs: 10 })
    backend.always('extend', slow(1, 1))
    await locks.acquire(NAME)
    await clock.advance(1_000)
    expect(backend.calls('extend').length).toBeLessThanOrEqual(700)
  })
})
