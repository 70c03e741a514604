import { describe, expect, test } from 'vitest'
import { createLocker, isLockError, type Lease, type LockBackend, memoryBackend, memoryStore } from '../../src/index.js'
import { virtualClock } from '../support/clock.js'
import { hangs, refused, requestLost, slow } from '../support/faults.js'
import { codeOf, ending, recorder, world } from '../support/world.js'

describe('a lease on several names', () => {
  test('holds all of them, each with a fence of its own', async () => {
    const { locks, other } = world()
    const lease = await locks.acquire(['b', 'a', 'c'])
    expect(lease.names).toEqual(['b', 'a', 'c'])
    expect(lease.fence).toBeNull()
    expect([...lease.fences.keys()]).toEqual(['b', 'a', 'c'])
    for (const name of lease.names) {
      const info = await locks.inspect(name)
      expect(lease.fences.get(name)).toBe(info?.holders[0]?.fence)
      expect(await other().tryAcquire(name)).toBeNull()
    }
    expect(await lease.release()).toBe('released')
    for (const name of lease.names) expect(await locks.inspect(name)).toBeNull()
  })

  test('asks in an order that is the same for everyone', async () => {
    const { locks, backend } = world()
    const names = ['b', 'é', 'a', 'Z', '😀', '10', '9']
    await locks.acquire(names)
    await (await locks.tryAcquire(['x', 'w']))?.release()
    const asked = backend.calls('acquire').map(({ claim }) => claim.name)
    expect(asked).toEqual([...names.toSorted((a, b) => (a < b ? -1 : 1)), 'w', 'x'])
  })

  test('does not deadlock with another that wants the same in another order', async () => {
    const { locks, other, clock } = world()
    const others = other()
    const done: string[] = []
    const work = (who: string, lease: Promise<Lease>): Promise<unknown> =>
      lease.then(async (held) => {
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 10))
        done.push(who)
        return held.release()
      })
    const all = Promise.all(
      Array.from({ length: 10 }, (_, i) => [
        work(`a${i}`, locks.acquire(['a', 'b'])),
        work(`b${i}`, others.acquire(['b', 'a'])),
      ]).flat(),
    )
    await clock.advance(20_000)
    await all
    expect(done).toHaveLength(20)
  })

  test('is all or nothing: a try leaves nothing behind', async () => {
    const { locks, other } = world()
    const held = await other().acquire('b')
    expect(await locks.tryAcquire(['a', 'b', 'c'])).toBeNull()
    for (const name of ['a', 'c']) expect(await locks.inspect(name)).toBeNull()
    await held.release()
    expect((await locks.tryAcquire(['a', 'b', 'c']))?.held).toBe(true)
  })

  test.each([
    ['the end of its wait', { waitMs: 500 }, 'LOCK_BUSY'],
    ['a hundred attempts', { retry: { maxAttempts: 2 } }, 'LOCK_BUSY'],
  ])('leaves nothing behind at %s', async (_, options, code) => {
    const { locks, other, clock } = world()
    await other({ ttlMs: 60_000 }).acquire('b')
    const refusal = codeOf(locks.acquire(['a', 'b', 'c'], options))
    await clock.advance(30_000)
    expect(await refusal).toBe(code)
    expect(await locks.inspect('a')).toBeNull()
    expect((await locks.inspect('b'))?.waiting).toBe(0)
  })

  test('is aborted at once while what it could not use is being released', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire('b')
    backend.always('release', hangs)
    const controller = new AbortController()
    const asked = ending(locks.tryAcquire(['a', 'b'], { signal: controller.signal }))
    await clock.advance(10)
    controller.abort('enough')
    expect(await clock.until(asked, 1)).toEqual({ error: 'enough' })
  })

  test('leaves nothing behind when it is aborted, and keeps the reason', async () => {
    const { locks, other, clock } = world()
    await other({ ttlMs: 60_000 }).acquire('b')
    const controller = new AbortController()
    const end = ending(locks.acquire(['a', 'b'], { signal: controller.signal }))
    await clock.advance(100)
    controller.abort('enough')
    expect(await end).toEqual({ error: 'enough' })
    await clock.advance(10)
    expect(await locks.inspect('a')).toBeNull()
    expect((await locks.inspect('b'))?.waiting).toBe(0)
  })

  test.each([
    ['refused', refused(false), 'LOCK_BACKEND'],
    ['left unknown', requestLost, 'LOCK_INDETERMINATE'],
    ['hanging', hangs, 'LOCK_INDETERMINATE'],
  ])('leaves nothing behind when one name is %s', async (_, fault, code) => {
    const { locks, other, backend, clock } = world()
    backend.next('acquire', (execute) => execute(), fault)
    const refusal = codeOf(locks.tryAcquire(['a', 'b', 'c']))
    await clock.advance(30_000)
    expect(await refusal).toBe(code)
    for (const name of ['a', 'b', 'c']) expect(await other().inspect(name)).toBeNull()
  })

  test('holds its first names while it waits for the last, however long', async () => {
    const { locks, other, clock } = world({ ttlMs: 1_000 })
    const others = other({ ttlMs: 1_000 })
    const held = await others.acquire('b')
    const waiting = locks.acquire(['a', 'b'], { waitMs: 60_000, renew: false, maxHoldMs: 900 })
    await clock.advance(10_000)
    expect(await others.tryAcquire('a')).toBeNull()
    await held.release()
    const lease = await waiting
    // The maxHoldMs of the lease begins only now.
    expect(lease.remainingMs).toBeGreaterThan(850)
    await clock.advance(899)
    expect(lease.held).toBe(true)
    await clock.advance(200)
    expect(lease.held).toBe(false)
  })

  // If maxHoldMs began earlier, each attempt would end during the extension, and a new attempt would begin, for ever.
  test('begins its maxHoldMs when it is given, not while its names are extended', async () => {
    const { locks, backend, clock } = world()
    for (const verb of ['acquire', 'extend'] as const) backend.always(verb, slow(64, 64))
    const lease = await clock.until(locks.acquire(['a', 'b'], { renew: false, maxHoldMs: 39 }))
    expect(backend.calls('acquire')).toHaveLength(2)
    expect(lease.remainingMs).toBe(39)
    await clock.advance(39)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
  })

  test('begins anew when a first name is lost while it waits for the last', async () => {
    const { locks, other, clock } = world({ ttlMs: 1_000 })
    const others = other({ ttlMs: 1_000 })
    const held = await others.acquire('b')
    const waiting = locks.acquire(['a', 'b'], { waitMs: 60_000 })
    await clock.advance(2_000)
    await others.forceRelease('a')
    const stealer = await others.acquire('a')
    await clock.advance(2_000)
    await held.release()
    await clock.advance(2_000)
    expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits')
    await stealer.release()
    await clock.advance(2_000)
    const lease = await waiting
    expect(lease.held).toBe(true)
    expect(await others.tryAcquire('a')).toBeNull()
    expect(await others.tryAcquire('b')).toBeNull()
  })

  test('is lost when one of its names is, and lets the others end with their ttl', async () => {
    const { locks, other, clock } = world({ ttlMs: 1_000 })
    const lease = await locks.acquire(['a', 'b', 'c'])
    const { signal } = lease
    await other().forceRelease('b')
    await clock.advance(400)
    expect(isLockError(signal.reason, 'LOCK_LOST')).toBe(true)
    expect([lease.held, lease.remainingMs]).toEqual([false, 0])
    expect(await other().tryAcquire('a')).toBeNull()
    await clock.advance(1_100)
    expect(await other().tryAcquire('a')).not.toBeNull()
    expect(await other().tryAcquire('c')).not.toBeNull()
  })

  test('that was lost gives the rest back when it is released', async () => {
    const { locks, other, clock } = world({ ttlMs: 1_000 })
    const lease = await locks.acquire(['a', 'b', 'c'])
    await other().forceRelease('b')
    const successor = await other().acquire('b')
    await clock.advance(400)
    expect(await lease.release()).toBe('expired')
    expect(await other().tryAcquire('a')).not.toBeNull()
    expect(await other().tryAcquire('c')).not.toBeNull()
    expect(successor.held).toBe(true)
    expect(await other().tryAcquire('b')).toBeNull()
  })

  test('is renewed by one call for all its names', async () => {
    const { locks, backend, clock } = world({ ttlMs: 3_000 })
    const lease = await locks.acquire(['a', 'b', 'c', 'd'])
    await clock.advance(30_000)
    expect(lease.held).toBe(true)
    const renewals = backend.calls('extend')
    expect(renewals.every(({ size }) => size === 4)).toBe(true)
    expect(renewals.length).toBeLessThanOrEqual(31)
  })

  test('is extended by one call, and asks again for what failed', async () => {
    const { locks, backend, clock } = world()
    const lease = await locks.acquire(['a', 'b'], { renew: false })
    const before = backend.calls('extend').length
    await lease.extend(60_000)
    expect(
      backend
        .calls('extend')
        .slice(before)
        .map(({ size }) => size),
    ).toEqual([2])
    expect(lease.remainingMs).toBeGreaterThan(59_000)
    backend.next('extend', requestLost)
    const extending = lease.extend(90_000)
    await clock.advance(100)
    await extending
  })

  test('goes elsewhere as one ticket', async () => {
    const { locks, other } = world()
    const lease = await locks.acquire(['b', 'a'])
    const { fences } = lease
    const resumed = await other().resume(lease.ticket())
    expect(lease.held).toBe(false)
    expect(resumed.names).toEqual(['b', 'a'])
    expect(resumed.fences).toEqual(fences)
    expect(await other().tryAcquire('a')).toBeNull()
    expect(await resumed.release()).toBe('released')
    expect(await other().tryAcquire(['a', 'b'])).not.toBeNull()
  })

  test('of which one name is gone is not resumed, and gives the others back', async () => {
    const { locks, other, clock } = world()
    const ticket = (await locks.acquire(['a', 'b', 'c'])).ticket()
    await other().forceRelease('b')
    expect(await codeOf(other().resume(ticket))).toBe('LOCK_LOST')
    await clock.advance(10)
    for (const name of ['a', 'c']) expect(await other().inspect(name)).toBeNull()
  })

  test('is taken by force as a whole, and the holders here lose it before', async () => {
    const { locks } = world()
    const victim = [await locks.acquire('a'), await locks.acquire(['b', 'c'])]
    const stealer = await locks.acquire(['a', 'b'], { steal: true })
    expect(victim.map(({ held }) => held)).toEqual([false, false])
    expect(stealer.held).toBe(true)
  })

  test('is had by one attempt for each when nobody is to wait', async () => {
    const { locks, other, backend } = world()
    const lease = await locks.acquire(['a', 'b', 'c'], { waitMs: 0 })
    expect(lease.held).toBe(true)
    await lease.release()
    await other().acquire('b')
    expect(await codeOf(locks.acquire(['a', 'b', 'c'], { waitMs: 0 }))).toBe('LOCK_BUSY')
    expect(
      backend
        .calls('acquire')
        .slice(3)
        .map(({ claim }) => claim.name),
    ).toEqual(['a', 'b'])
    expect(await locks.inspect('a')).toBeNull()
  })

  test('is shared by readers, name by name', async () => {
    const { locks, other } = world()
    const reader = await locks.acquire(['a', 'b'], { mode: 'shared' })
    expect(await other().tryAcquire(['b', 'c'], { mode: 'shared' })).not.toBeNull()
    expect(await other().tryAcquire(['a', 'd'])).toBeNull()
    expect(reader.mode).toBe('shared')
  })

  test('can be entered, whole or in part, together with names that it does not hold', async () => {
    const { locks, other } = world()
    const outer = await locks.acquire(['a', 'b'])
    const part = await locks.acquire('b', { within: outer })
    const more = await locks.acquire(['c', 'a'], { within: outer })
    expect(part.fence).toBe(outer.fences.get('b'))
    expect(more.fences.get('a')).toBe(outer.fences.get('a'))
    await outer.release()
    expect([part.held, more.held]).toEqual([true, true])
    expect(await other().tryAcquire('a')).toBeNull()
    await more.release()
    expect(await other().tryAcquire('a')).not.toBeNull()
    expect(await other().tryAcquire('c')).not.toBeNull()
    expect(await other().tryAcquire('b')).toBeNull()
    await part.release()
    expect(await other().tryAcquire('b')).not.toBeNull()
  })

  test('that was lost does not keep alive what another handle shares with it', async () => {
    const { locks, other, clock } = world({ ttlMs: 1_000 })
    const outer = await locks.acquire('a')
    const both = await locks.acquire(['a', 'b'], { within: outer })
    await other().forceRelease('b')
    await clock.advance(1_000)
    expect([both.held, outer.held]).toEqual([false, true])
    await clock.advance(5_000)
    expect(outer.held).toBe(true)
    await outer.release()
    expect(await other().tryAcquire('a')).not.toBeNull()
    expect(await both.release()).toBe('expired')
  })

  test('runs a callback, and gives null when not all are free', async () => {
    const { locks, other } = world()
    expect(await locks.request(['a', 'b'], ({ names }) => names)).toEqual(['a', 'b'])
    await other().acquire('b')
    expect(await locks.request(['a', 'b'], { ifAvailable: true }, (lease) => lease)).toBeNull()
    expect(await locks.inspect('a')).toBeNull()
  })

  test('has one beginning and one end for all its names', async () => {
    const { observer, events } = recorder()
    const { locks } = world({ observer })
    await (await locks.acquire(['b', 'a'])).release()
    expect(events.map(([hook, { name, names }]) => [hook, name, names])).toEqual([
      ['acquired', 'b', ['b', 'a']],
      ['released', 'b', ['b', 'a']],
    ])
  })

  test('shows its fences and not its owners', async () => {
    const { locks } = world()
    const lease = await locks.acquire(['a', 'b'])
    const shown = JSON.stringify(lease)
    expect(shown).toContain(`"a":${lease.fences.get('a')}`)
    expect(shown).not.toContain(lease.owner)
  })
})

test('a list of one name is that name', async () => {
  const { locks } = world()
  const lease = await locks.acquire(['a'])
  expect([lease.name, lease.names]).toEqual(['a', ['a']])
  expect(lease.fence).toBe(lease.fences.get('a'))
})

test.each([
  ['empty', []],
  ['that names one twice', ['a', 'b', 'a']],
  ['that holds something else', ['a', 7]],
])('a list %s is refused before any command is sent', async (_, names) => {
  const { locks, backend } = world()
  for (const door of [locks.acquire, locks.tryAcquire]) {
    const end = await ending(door(names as string[]))
    expect('error' in end && end.error).toBeInstanceOf(TypeError)
  }
  const end = await ending(locks.request(names as string[], () => 1))
  expect('error' in end && end.error).toBeInstanceOf(TypeError)
  expect(backend.calls()).toHaveLength(0)
})

test('a list that is changed after the call changes nothing', async () => {
  const { locks } = world()
  const names = ['a', 'b']
  const acquiring = locks.acquire(names)
  names.push('c')
  expect((await acquiring).names).toEqual(['a', 'b'])
})

describe('several names without renewal', () => {
  test.each([
    ['are refused', refused()],
    ['hang', hangs],
  ])('are extended to their whole ttl while the wait lasts, although the first extensions %s', async (_, fault) => {
    const { locks, backend, clock } = world()
    backend.always('extend', fault)
    const acquiring = locks.acquire(['a', 'b'], { waitMs: 30_000, renew: false })
    await clock.advance(5_000)
    backend.always('extend', slow(0))
    const lease = await clock.until(acquiring)
    expect(lease.remainingMs).toBeGreaterThan(9_000)
  })

  test.each([
    ['are refused', refused()],
    ['lose their requests', requestLost],
    ['hang', hangs],
  ])('are acquired anew when one is lost before all could be extended: the extensions %s', async (_, fault) => {
    const { locks, backend, clock } = world()
    backend.always('extend', fault)
    const acquiring = locks.acquire(['a', 'b'], { waitMs: 30_000, renew: false })
    await clock.advance(12_000)
    backend.always('extend', slow(0))
    const lease = await clock.until(acquiring, 5_000)
    expect(lease.remainingMs).toBeGreaterThan(9_000)
  })

  test('are acquired anew when late answers have kept them, but not all at once', async () => {
    const { locks, backend, clock, other } = world({ ttlMs: 1_000, attemptTimeoutMs: 300 })
    const held = await other().acquire('b', { ttlMs: 20_000 })
    backend.next('extend', slow(100, 0), slow(300, 300), slow(600, 400), slow(400, 100))
    const acquiring = locks.acquire(['a', 'b'], { renew: false, waitMs: 60_000 })
    await clock.advance(400)
    await held.release()
    expect((await clock.until(acquiring)).held).toBe(true)
  })

  test('end with the failure of the extension at the end of the wait', async () => {
    const { locks, backend, clock } = world()
    backend.always('extend', refused())
    const since = clock.now()
    const acquiring = codeOf(locks.acquire(['a', 'b'], { waitMs: 5_000, renew: false }))
    expect(await clock.until(acquiring)).toBe('LOCK_BACKEND')
    expect(clock.now() - since).toBeLessThanOrEqual(5_000)
  })

  test('of which one is left to be acquired have their whole ttl, also where the grant is announced', async () => {
    const clock = virtualClock()
    const store = memoryStore()
    const inner = memoryBackend({ clock, store })
    const watch: LockBackend['watch'] = async (onTurn) =>
      inner.watch?.((turn) => {
        const hold = turn.type === 'turn' ? store.names.get(turn.name)?.holders.get(turn.owner) : undefined
        onTurn(turn.type === 'turn' && hold !== undefined ? { ...turn, granted: { fence: hold.fence } } : turn)
      }) ?? (async () => {})
    const locks = createLocker({ backend: { ...inner, watch }, clock })
    const others = createLocker({ backend: inner, clock })
    const outer = await locks.acquire('a', { ttlMs: 60_000 })
    const held = await others.acquire('b')
    const acquiring = locks.acquire(['a', 'b'], { within: outer, renew: false })
    await clock.advance(100)
    await held.release()
    const lease = await clock.until(acquiring)
    expect(lease.remainingMs).toBeGreaterThan(9_000)
    await clock.advance(5_000)
    expect(lease.held).toBe(true)
    expect((await others.inspect('b'))?.holders).toHaveLength(1)
  })

  test.each([{ retry: { maxAttempts: 5 } }, { waitMs: 0 }, {}])(
    'reject with LOCK_LOST when the lease that they are nested in is lost meanwhile: %o',
    async (options) => {
      const { locks, backend, clock } = world({ ttlMs: 1_000 })
      const outer = await locks.acquire('a', { maxHoldMs: 100 })
      backend.next('acquire', slow(200))
      expect(await clock.until(codeOf(locks.acquire(['a', 'b'], { within: outer, ...options })))).toBe('LOCK_LOST')
      await clock.advance(2_000)
      expect(await locks.inspect('b')).toBeNull()
    },
  )

  test('name as busy only those that are missing', async () => {
    const { locks, other, clock } = world()
    const outer = await locks.acquire('a')
    await other().acquire('b')
    const { error } = (await clock.until(ending(locks.acquire(['a', 'b'], { within: outer, waitMs: 50 })))) as {
      error: unknown
    }
    expect(String(error)).toMatch(/"b" was not free within \d+ ms: it is held by another locker/)
  })
})
