import { describe, expect, test } from 'vitest'
import { createLocker, isLockError, type LockBackend } from '../../src/index.js'
import { hangs, hangsAfter, slow } from '../support/faults.js'
import { codeOf, ending, NAME, recorder, world } from '../support/world.js'

describe('whoever steals a name', () => {
  test('has it at once, with a greater fence, and the former holder loses it at once', async () => {
    const { locks, other, clock } = world()
    const victim = await other().acquire(NAME)
    const { signal } = victim
    await clock.advance(10)
    const stealer = await locks.acquire(NAME, { steal: true })
    expect(stealer.fence).toBeGreaterThan(victim.fence ?? Infinity)
    await clock.advance(20)
    expect(isLockError(signal.reason, 'LOCK_LOST')).toBe(true)
    expect(await victim.release()).toBe('expired')
    expect(stealer.held).toBe(true)
    expect(await other().tryAcquire(NAME)).toBeNull()
  })

  test('ends the lease held here before it has the name', async () => {
    const { locks } = world()
    const victim = await locks.acquire(NAME)
    let first: string | undefined
    victim.signal.addEventListener('abort', () => (first ??= 'victim'))
    await locks.request(NAME, { steal: true }, () => (first ??= 'stealer'))
    expect(first).toBe('victim')
  })

  test('takes it from all readers', async () => {
    const { locks, other, clock } = world()
    const readers = [
      await other().acquire(NAME, { mode: 'shared' }),
      await other().acquire(NAME, { mode: 'shared' }),
      await locks.acquire(NAME, { mode: 'shared' }),
    ]
    for (const reader of readers) void reader.signal
    await clock.advance(10)
    const stealer = await locks.tryAcquire(NAME, { steal: true })
    expect(stealer?.held).toBe(true)
    await clock.advance(20)
    expect(readers.map(({ held }) => held)).toEqual([false, false, false])
  })

  test('leaves those who wait in their places', async () => {
    const { locks, other, clock } = world()
    await other({ ttlMs: 60_000 }).acquire(NAME)
    const order: string[] = []
    const wait = async (who: string): Promise<void> => {
      const lease = await other().acquire(NAME)
      order.push(who)
      await lease.release()
    }
    const all = [wait('first'), wait('second')]
    await clock.advance(100)
    const stealer = await locks.acquire(NAME, { steal: true })
    await clock.advance(5_000)
    expect(order).toEqual([])
    await stealer.release()
    await clock.advance(5_000)
    await Promise.all(all)
    expect(order).toEqual(['first', 'second'])
  })

  test('does not wait behind others of its own process', async () => {
    const { locks } = world()
    await locks.acquire(NAME)
    const waiting = locks.acquire(NAME)
    const stealer = await locks.acquire(NAME, { steal: true })
    expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits')
    await stealer.release()
    expect((await waiting).held).toBe(true)
  })

  test.each(['yes', 1, null])('says so by true, not by %j', async (steal) => {
    const { locks, backend } = world()
    const end = await ending(locks.acquire(NAME, { steal: steal as unknown as boolean }))
    expect('error' in end && end.error).toBeInstanceOf(TypeError)
    expect(backend.calls()).toHaveLength(0)
  })
})

test('a steal whose grant comes too late has taken the name all the same: the lease held here is lost soon', async () => {
  const { locks, other, backend, clock } = world({}, { capabilities: { watch: false } })
  const victim = await locks.acquire(NAME, { ttlMs: 60_000 })
  await clock.advance(100)
  backend.next('acquire', slow(0, 995))
  expect(await clock.until(locks.tryAcquire(NAME, { steal: true, ttlMs: 1_000 }))).toBeNull()
  await clock.advance(100)
  expect([victim.held, (await other().tryAcquire(NAME))?.held]).toEqual([false, true])
})

describe('forceRelease', () => {
  test('ends the lease of the holder at once, in this process and in others', async () => {
    const { locks, other, clock } = world()
    for (const holder of [locks, other()]) {
      const lease = await holder.acquire(NAME)
      const { signal } = lease
      await clock.advance(10)
      expect(await locks.forceRelease(NAME)).toBe(true)
      await clock.advance(20)
      expect(isLockError(signal.reason, 'LOCK_LOST')).toBe(true)
    }
    expect(await locks.forceRelease(NAME)).toBe(false)
  })

  test('leaves alone what is granted here after it', async () => {
    const { locks, backend, clock } = world()
    const victim = await locks.acquire(NAME)
    backend.next('evict', slow(0, 500))
    const forcing = locks.forceRelease(NAME)
    await clock.advance(100)
    const successor = await locks.tryAcquire(NAME)
    await clock.advance(1_000)
    expect(await forcing).toBe(true)
    expect([victim.held, successor?.held]).toEqual([false, true])
  })
})

describe('a holder loses its lease after a hint', () => {
  test('only when it asked for its signal, or somebody waits: a backend is not watched for nothing', async () => {
    const { locks, backend, clock } = world()
    const lease = await locks.acquire(NAME)
    await clock.advance(100)
    expect(backend.watchers()).toBe(0)
    void lease.signal
    await clock.advance(100)
    expect(backend.watchers()).toBe(1)
    await locks.close()
    expect(backend.watchers()).toBe(0)
  })

  test('also of what was taken before the watch stood', async () => {
    const { locks, other } = world()
    const lease = await locks.acquire(NAME)
    const { signal } = lease
    await other().forceRelease(NAME)
    await new Promise((resolve) => setImmediate(resolve))
    expect(signal.aborted).toBe(true)
  })

  test('also of what was taken before the watch stood, which began for another lease', async () => {
    const { locks, other, clock } = world()
    const lease = await locks.acquire(NAME)
    await clock.advance(10)
    await other().forceRelease(NAME)
    void (await locks.acquire('another')).signal
    await clock.advance(100)
    expect(lease.held).toBe(true)
    const { signal } = lease
    await clock.advance(20)
    expect(signal.aborted).toBe(true)
  })

  test('without a question, when it was granted since the watch stands', async () => {
    const { locks, backend, clock } = world()
    void (await locks.acquire('another')).signal
    await clock.advance(100)
    const lease = await locks.acquire(NAME)
    const before = backend.calls('inspect').length
    void lease.signal
    await clock.advance(100)
    expect(backend.calls('inspect')).toHaveLength(before)
  })

  test('which costs one question, and changes nothing when it was wrong', async () => {
    const { locks, backend, clock } = world()
    const lease = await locks.acquire(NAME)
    void lease.signal
    await clock.advance(10)
    const before = backend.calls().length
    for (let i = 0; i < 1_000; i++) backend.hint({ type: 'taken', name: NAME, owner: i % 2 === 0 ? null : lease.owner })
    for (let i = 0; i < 1_000; i++) backend.hint({ type: 'taken', name: `forged ${i}`, owner: null })
    await clock.advance(5)
    expect(lease.held).toBe(true)
    expect(
      backend
        .calls()
        .slice(before)
        .map(({ verb }) => verb),
    ).toEqual(['inspect'])
  })

  test('and a store that hangs then is no reason to lose it', async () => {
    const { locks, backend, clock } = world()
    const lease = await locks.acquire(NAME)
    void lease.signal
    await clock.advance(10)
    backend.next('inspect', hangs)
    backend.hint({ type: 'taken', name: NAME, owner: null })
    await clock.advance(30_000)
    expect(lease.held).toBe(true)
  })
})

describe('query', () => {
  test('shows holders and waiters, with labels, fences and places', async () => {
    const { locks, other, clock } = world({ label: 'one' })
    const writer = await locks.acquire('a')
    const readers = [await locks.acquire('b', { mode: 'shared' }), await other().acquire('b', { mode: 'shared' })]
    const waits = ['two', 'three'].map((label) => ending(other({ label }).acquire('a', { waitMs: 5_000 })))
    await clock.advance(100)
    const { held, pending } = await locks.query()
    expect(held.filter(({ name }) => name === 'a')).toEqual([
      { name: 'a', mode: 'exclusive', label: 'one', fence: writer.fence, remainingMs: expect.any(Number) as number },
    ])
    const shared = held.filter(({ name }) => name === 'b')
    expect(shared.map(({ label, fence }) => [label, fence])).toEqual([
      ['one', readers[0]?.fence],
      ['', readers[1]?.fence],
    ])
    expect(pending).toEqual([
      { name: 'a', mode: 'exclusive', label: 'two', place: 0 },
      { name: 'a', mode: 'exclusive', label: 'three', place: 1 },
    ])
    expect(JSON.stringify({ held, pending })).not.toContain(writer.owner)
    await clock.advance(10_000)
    await Promise.all(waits)
  })

  test('is refused where the backend cannot list, and by a closed locker', async () => {
    const { locks } = world({}, { capabilities: { list: false } })
    expect(await codeOf(locks.query())).toBe('LOCK_UNSUPPORTED')
    await locks.close()
    expect(await codeOf(locks.query())).toBe('LOCK_CLOSED')
  })

  test('settles when the store hangs in the middle', async () => {
    const store = world().backend.store
    const backend = {
      ...store,
      async *list() {
        yield { name: 'a', mode: 'exclusive', holders: [], waiting: 0 } as const
        await new Promise(() => {})
      },
    }
    const { locks, clock } = world({ backend })
    const end = codeOf(locks.query())
    await clock.advance(10_000)
    expect(await end).toBe('LOCK_INDETERMINATE')
  })
})

test('the observer gets an event for each lease taken', async () => {
  const { observer, events } = recorder()
  const { locks } = world({ observer })
  await locks.acquire(NAME)
  await locks.acquire(NAME, { steal: true })
  expect(events.map(([hook]) => hook)).toEqual(['acquired', 'acquired', 'lost'])
})

test('an eviction whose reply is lost: the store is asked at once whether the name is still held here', async () => {
  const { backend, clock } = world()
  const losing: LockBackend = {
    ...backend.store,
    evict: async (name) => {
      await backend.store.evict(name)
      throw new Error('the connection was closed')
    },
  }
  const locks = createLocker({ backend: losing, clock })
  const lease = await locks.acquire(NAME)
  expect(await codeOf(locks.forceRelease(NAME))).toBe('LOCK_INDETERMINATE')
  await clock.advance(20)
  expect(lease.held).toBe(false)
})

test.each(['steal', 'forceRelease'] as const)(
  'a %s of unknown outcome has the holder of this locker asked about',
  async (by) => {
    const { clock, backend, locks } = world({ renew: false })
    const victim = await locks.acquire(NAME)
    backend.next(by === 'steal' ? 'acquire' : 'evict', hangsAfter)
    const taking = by === 'steal' ? locks.tryAcquire(NAME, { steal: true }) : locks.forceRelease(NAME)
    expect(await clock.until(codeOf(taking))).toBe('LOCK_INDETERMINATE')
    await clock.advance(100)
    expect(victim.held).toBe(false)
  },
)
