import { describe, expect, test } from 'vitest'
import { isLockError, type Lease } from '../../src/index.js'
import { codeOf, ending, NAME, recorder, world } from '../support/world.js'

test.each([[['a', 'b']], [['a']]])(
  'a caller that empties the fences of its lease on %j takes none from it',
  async (names) => {
    const { locks } = world()
    const lease = await locks.acquire(names)
    const known = [...lease.fences]
    ;(lease.fences as Map<string, number | null>).clear()
    expect([...lease.fences]).toEqual(known)
    const inner = await locks.acquire('a', { within: lease })
    expect(inner.fence).toBe(lease.fences.get('a'))
    expect(inner.fence).toBeGreaterThan(0)
  },
)

describe('a lease that is entered again', () => {
  test('has one hold at the store, one fence, and no further call', async () => {
    const { locks, backend } = world()
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    expect(inner.fence).toBe(outer.fence)
    expect(inner.name).toBe(NAME)
    expect(backend.calls()).toHaveLength(1)
  })

  test.each([
    ['the inner before the outer', 0, 1],
    ['the outer before the inner', 1, 0],
  ])('is given up with its last handle: %s', async (_, first, second) => {
    const { locks, backend, other } = world()
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    const handles = [inner, outer] as const
    const one = handles[first] as Lease
    const two = handles[second] as Lease
    expect(await one.release()).toBe('released')
    expect([one.held, two.held]).toEqual([false, true])
    expect(backend.calls('release')).toHaveLength(0)
    expect(await other().tryAcquire(NAME)).toBeNull()
    expect(await two.release()).toBe('released')
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('is renewed until its last handle is released', async () => {
    const { locks, clock, other } = world({ ttlMs: 1_000 })
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    await outer.release()
    await clock.advance(5_000)
    expect(inner.held).toBe(true)
    await inner.release()
    expect(await other().tryAcquire(NAME)).not.toBeNull()
    await clock.advance(5_000)
  })

  test('ends all its handles when it is lost', async () => {
    const { locks, clock, backend, other } = world({ ttlMs: 1_000 })
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    const signals = [outer.signal, inner.signal]
    await other().forceRelease(NAME)
    await clock.advance(1_000)
    for (const signal of signals) expect(isLockError(signal.reason, 'LOCK_LOST')).toBe(true)
    expect([outer.held, inner.held]).toEqual([false, false])
    expect(await inner.release()).toBe('expired')
    expect(backend.calls('release')).toHaveLength(0)
  })

  test('can be entered through any of its handles, as often as one likes', async () => {
    const { locks, other } = world()
    const handles = [await locks.acquire(NAME)]
    for (let i = 0; i < 20; i++) handles.push(await locks.acquire(NAME, { within: handles.at(-1) }))
    for (const handle of handles.slice(0, -1)) await handle.release()
    expect(await other().tryAcquire(NAME)).toBeNull()
    await handles.at(-1)?.release()
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('counts a second release of the same handle once', async () => {
    const { locks, other } = world()
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    await Promise.all([inner.release(), inner.release(), inner[Symbol.asyncDispose]()])
    expect(outer.held).toBe(true)
    expect(await other().tryAcquire(NAME)).toBeNull()
  })

  test('goes by tryAcquire and by request as well', async () => {
    const { locks, other } = world()
    await locks.request(NAME, async (outer) => {
      expect((await locks.tryAcquire(NAME, { within: outer }))?.fence).toBe(outer.fence)
      expect(await locks.request(NAME, { within: outer }, ({ fence }) => fence)).toBe(outer.fence)
      expect(outer.held).toBe(true)
    })
    // The handle of tryAcquire is not released yet.
    expect(await other().tryAcquire(NAME)).toBeNull()
  })

  test('stays taken for as long as the later minHoldMs says', async () => {
    const { locks, clock, other } = world()
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer, minHoldMs: 5_000 })
    await inner.release()
    await outer.release()
    await clock.advance(4_000)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await clock.advance(2_000)
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('is handed on in this process only when nobody holds it any more', async () => {
    const { locks, other } = world()
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    const next = locks.acquire(NAME)
    await outer.release()
    expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits')
    await inner.release()
    const lease = await next
    expect(lease.fence).toBeGreaterThan(inner.fence ?? 0)
    expect(await inner.release()).toBe('released')
    expect(lease.held).toBe(true)
    expect(await other().tryAcquire(NAME)).toBeNull()
  })

  test('is ended by close() under all its handles', async () => {
    const { locks, other } = world()
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    const { signal } = inner
    await locks.close()
    expect(isLockError(signal.reason, 'LOCK_CLOSED')).toBe(true)
    expect(outer.held).toBe(false)
    expect(await other().tryAcquire(NAME)).not.toBeNull()
  })

  test('emits events for every handle', async () => {
    const { observer, events } = recorder()
    const { locks } = world({ observer })
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    await inner.release()
    await outer.release()
    expect(events.map(([hook]) => hook)).toEqual(['acquired', 'acquired', 'released', 'released'])
  })
})

describe('entering is refused, before any command is sent', () => {
  test('within a lease that is lost or released', async () => {
    const { locks, backend } = world()
    const lease = await locks.acquire(NAME)
    await lease.release()
    const calls = backend.calls().length
    expect(await codeOf(locks.acquire(NAME, { within: lease }))).toBe('LOCK_LOST')
    expect(backend.calls()).toHaveLength(calls)
  })

  test('within a lease of another name or of another locker, or within no lease', async () => {
    const { locks, other, backend } = world()
    const lease = await locks.acquire('another')
    const foreign = await other().acquire(NAME)
    for (const within of [lease, foreign, { ...lease }, {}, 'lease', 7, null]) {
      const end = await ending(locks.acquire(NAME, { within: within as Lease }))
      expect('error' in end && end.error).toBeInstanceOf(TypeError)
    }
    expect(backend.calls()).toHaveLength(1)
  })

  test('together with steal', async () => {
    const { locks } = world()
    const lease = await locks.acquire(NAME)
    const end = await ending(locks.acquire(NAME, { within: lease, steal: true }))
    expect('error' in end && end.error).toBeInstanceOf(TypeError)
  })

  test('by a signal that is aborted already, with its reason', async () => {
    const { locks } = world()
    const lease = await locks.acquire(NAME)
    const why = new Error('why')
    expect(await ending(locks.acquire(NAME, { within: lease, signal: AbortSignal.abort(why) }))).toEqual({ error: why })
    await lease.release()
  })

  test('for a reader who asks to write: at once, by an error of its own', async () => {
    const { locks, backend } = world()
    const reader = await locks.acquire(NAME, { mode: 'shared' })
    expect(await codeOf(locks.acquire(NAME, { within: reader }))).toBe('LOCK_UNSUPPORTED')
    expect(backend.calls()).toHaveLength(1)
    expect(reader.held).toBe(true)
    expect((await locks.acquire(NAME, { within: reader, mode: 'shared' })).mode).toBe('shared')
  })

  test('a ticket for what another handle holds too', async () => {
    const { locks } = world()
    const outer = await locks.acquire(NAME)
    const inner = await locks.acquire(NAME, { within: outer })
    for (const handle of [outer, inner]) {
      expect(() => handle.ticket()).toThrow(expect.objectContaining({ code: 'LOCK_UNSUPPORTED' }) as Error)
      expect(handle.held).toBe(true)
    }
  })
})
