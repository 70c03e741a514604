import { describe, expect, test } from 'vitest'
import type { Lease, LockBackend } from '../../src/index.js'
import { type FaultyBackend } from '../support/backend.js'
import { type Fault, hangs, pass, refused, replyLost, slow } from '../support/faults.js'
import { settled } from '../support/clock.js'
import { codeOf, ending, recorder, world } from '../support/world.js'

const NAMES = ['a', 'b', 'c']

/** The names for which acquire was called, in order. */
const asked = (backend: FaultyBackend): string[] => backend.calls('acquire').map(({ claim }) => claim.name)

/** The faults for the next three calls of acquire, in the order of the names. */
const faultsFor = (faults: Readonly<Record<string, Fault>>): Fault[] => NAMES.map((name) => faults[name] ?? pass)

const heldAt = async (store: LockBackend): Promise<string[]> => {
  const seen = await Promise.all(NAMES.map((name) => store.inspect(name)))
  return NAMES.filter((_, i) => seen[i] !== null)
}

describe('several names that are free', () => {
  test('are asked for in one turn, and released in one', async () => {
    const { locks, backend, clock } = world()
    backend.always('acquire', slow(20, 30))
    backend.always('release', slow(20, 30))
    const acquiring = locks.acquire(['b', 'c', 'a'])
    expect(asked(backend)).toEqual(NAMES)
    const startedAt = clock.now()
    const lease = await clock.until(acquiring)
    expect(clock.now() - startedAt).toBe(50)
    expect(lease.names).toEqual(['b', 'c', 'a'])
    const releasing = lease.release()
    expect(backend.calls('release')).toHaveLength(3)
    expect(await clock.until(releasing)).toBe('released')
    expect(backend.calls()).toHaveLength(6)
  })

  test('are asked for one after the other by a single attempt, so that one of two callers gets all', async () => {
    const { locks, other } = world()
    const tries = await Promise.all([locks.tryAcquire(['a', 'b']), other().tryAcquire(['b', 'a'])])
    expect(tries.filter((lease) => lease !== null)).toHaveLength(1)
  })
})

describe('several names of which one is held by another process', () => {
  test('keep the names before it, and leave the names after it free while it waits', async () => {
    const { locks, other, backend, clock } = world()
    const others = other()
    const held = await others.acquire('b')
    const acquiring = locks.acquire(NAMES)
    await clock.advance(100)
    expect(await heldAt(backend.store)).toEqual(['a', 'b'])
    expect(await others.tryAcquire('a')).toBeNull()
    const later = await others.tryAcquire('c')
    expect(later).not.toBeNull()
    await later?.release()
    await held.release()
    const lease = await clock.until(acquiring)
    expect(lease.held).toBe(true)
    await lease.release()
    expect(await heldAt(backend.store)).toEqual([])
  })

  test('do not wait for a later name that does not answer', async () => {
    const { locks, other, backend, clock } = world()
    const held = await other().acquire('a')
    backend.next('acquire', ...faultsFor({ b: hangs }))
    const acquiring = locks.acquire(NAMES)
    await clock.advance(100)
    await held.release()
    const startedAt = clock.now()
    const lease = await clock.until(acquiring)
    expect(clock.now() - startedAt).toBeLessThan(1_000)
    await lease.release()
    await settled()
    expect(await heldAt(backend.store)).toEqual([])
  })

  test('reject with LOCK_BUSY at the end of the wait, and leave nothing behind', async () => {
    const { locks, other, backend, clock } = world()
    await other().acquire('b')
    expect(await clock.until(codeOf(locks.acquire(NAMES, { waitMs: 500 })))).toBe('LOCK_BUSY')
    await clock.advance(100)
    expect(await heldAt(backend.store)).toEqual(['b'])
  })

  test('are asked for no more often than maxAttempts', async () => {
    const { locks, other, backend, clock } = world()
    await other().acquire('b')
    const retry = { maxAttempts: 3, backoff: () => 10 }
    expect(await clock.until(codeOf(locks.acquire(NAMES, { retry })))).toBe('LOCK_BUSY')
    const times = (name: string): number => asked(backend).filter((each) => each === name).length
    expect([times('a'), times('b')]).toEqual([1, 3])
    expect(times('c')).toBeLessThanOrEqual(3)
  })

  test('emit events for each name as often acquired as released', async () => {
    const { observer, events } = recorder()
    const { locks, other, clock } = world({ observer })
    const held = await other().acquire('b')
    const acquiring = locks.acquire(NAMES)
    await clock.advance(100)
    await held.release()
    await (await clock.until(acquiring)).release()
    const count = (hook: string, name: string): number =>
      events.filter(([each, event]) => each === hook && event['name'] === name).length
    for (const name of NAMES) expect(count('released', name)).toBe(count('acquired', name))
  })
})

describe('several names of which one is held by this locker', () => {
  test('send nothing for the names after it', async () => {
    const { locks, backend, clock } = world()
    const held = await locks.acquire('b')
    const acquiring = locks.acquire(NAMES)
    await clock.advance(10)
    expect(asked(backend)).toEqual(['b', 'a'])
    await held.release()
    const lease = await clock.until(acquiring)
    await lease.release()
    expect(await heldAt(backend.store)).toEqual([])
  })

  test('let later callers wait behind them', async () => {
    const { locks, backend, clock } = world()
    backend.next('acquire', slow(20, 30), slow(20, 30), slow(20, 30))
    const first = locks.acquire(NAMES)
    const second = locks.acquire('b')
    await clock.advance(10)
    expect(asked(backend)).toEqual(NAMES)
    await (await clock.until(first)).release()
    expect((await clock.until(second)).held).toBe(true)
  })
})

describe('several names whose wait ends before all have answered', () => {
  const endings: readonly [string, (world: { abort(): void; close(): Promise<void> }) => unknown, unknown][] = [
    ['an abort', ({ abort }) => abort(), 'enough'],
    ['close()', ({ close }) => close(), 'LOCK_CLOSED'],
  ]
  test.each(endings)('by %s leave nothing behind, though the last is granted later', async (_, end, expected) => {
    for (const late of NAMES) {
      const { locks, backend, clock } = world()
      const controller = new AbortController()
      backend.next('acquire', ...faultsFor({ [late]: slow(50, 50) }))
      const acquiring = ending(locks.acquire(NAMES, { signal: controller.signal }))
      await clock.advance(20)
      void end({ abort: () => controller.abort('enough'), close: () => locks.close() })
      const ended = await clock.until(acquiring)
      const error = 'error' in ended ? ended.error : undefined
      expect(typeof error === 'string' ? error : (error as { code?: string }).code).toBe(expected)
      await clock.advance(200)
      expect(await heldAt(backend.store)).toEqual([])
    }
  })
})

describe('several names of which one has an unknown outcome', () => {
  test.each(NAMES)('ask for %s again with the same owner, and then for the names after it', async (name) => {
    const { locks, backend, clock } = world()
    backend.next('acquire', ...faultsFor({ [name]: replyLost }))
    const lease = await clock.until(locks.acquire(NAMES))
    expect(lease.held).toBe(true)
    const owners = backend.calls('acquire').flatMap(({ claim }) => (claim.name === name ? claim.owner : []))
    expect(new Set(owners).size).toBe(1)
    expect(backend.calls('acquire').length).toBe(NAMES.length + NAMES.slice(NAMES.indexOf(name)).length)
    await lease.release()
    await clock.advance(20_000)
    expect(await heldAt(backend.store)).toEqual([])
  })

  test('reject with LOCK_INDETERMINATE when it stays unknown, and release the others', async () => {
    const { locks, backend, clock } = world()
    const isFor = (name: string) => backend.calls('acquire').at(-1)?.claim.name === name
    backend.always('acquire', (execute, at) => (isFor('b') ? hangs(execute, at) : pass(execute, at)))
    expect(await clock.until(codeOf(locks.acquire(NAMES, { waitMs: 5_000 })))).toBe('LOCK_INDETERMINATE')
    await clock.advance(1_000)
    expect(await heldAt(backend.store)).toEqual([])
  })

  test('reject with LOCK_BACKEND when it is refused for good, and release the others', async () => {
    const { locks, backend, clock } = world()
    backend.next('acquire', ...faultsFor({ b: refused(false) }))
    expect(await clock.until(codeOf(locks.acquire(NAMES)))).toBe('LOCK_BACKEND')
    await settled()
    expect(await heldAt(backend.store)).toEqual([])
  })
})

test('twenty callers of overlapping lists of names all get them, in whichever order they ask', async () => {
  const { locks, other, clock, backend } = world()
  const lockers = [locks, other(), other()]
  const lists = [
    ['a', 'b'],
    ['b', 'a'],
    ['c', 'b', 'a'],
    ['b', 'c'],
  ]
  let together = 0
  const work = async (lease: Lease): Promise<void> => {
    // Each two of the lists have a name in common, so that no two leases may be held together.
    expect(++together).toBe(1)
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, 5))
    together--
    await lease.release()
  }
  const all = Promise.all(
    Array.from({ length: 20 }, async (_, i) =>
      work(await (lockers[i % 3] as typeof locks).acquire(lists[i % 4] as string[])),
    ),
  )
  await clock.advance(25_000)
  await all
  expect(await heldAt(backend.store)).toEqual([])
})

describe('several names', () => {
  test('go on in order when a call that was not answered is followed by a refusal', async () => {
    const { locks, other, backend, clock } = world()
    const held = await other().acquire('b')
    backend.next('acquire', pass, hangs)
    const acquiring = locks.acquire(['a', 'b'], { waitMs: 30_000 })
    await clock.advance(10_000)
    await held.release()
    const lease = await clock.until(acquiring)
    expect(lease.held).toBe(true)
    await lease.release()
    await settled()
    expect(await heldAt(backend.store)).toEqual([])
  })

  test('of which a later one is granted before an earlier one is refused leave the later one free', async () => {
    const { locks, other, backend, clock } = world()
    await other().acquire('b')
    backend.next('acquire', hangs, slow(10), pass)
    void ending(locks.acquire(NAMES, { waitMs: 60_000 }))
    await clock.advance(100)
    expect(await heldAt(backend.store)).toEqual(['b'])
  })

  test('of which a later one is granted after an earlier one was refused leave the later one free', async () => {
    const { locks, other, backend, clock } = world()
    await other().acquire('b')
    backend.next('acquire', hangs, pass, slow(10, 10))
    void ending(locks.acquire(NAMES, { waitMs: 60_000 }))
    await clock.advance(100)
    expect(await heldAt(backend.store)).toEqual(['b'])
  })

  test('make no more calls for a name than maxAttempts, also after refusals of the store', async () => {
    const { locks, other, backend, clock } = world()
    await other().acquire('b')
    backend.next('acquire', pass, refused(), refused())
    const retry = { maxAttempts: 3, backoff: () => 10 }
    expect(await clock.until(codeOf(locks.acquire(['a', 'b'], { retry })))).toBe('LOCK_BUSY')
    expect(asked(backend)).toEqual(['a', 'b', 'b', 'b'])
  })

  test('of which an earlier one never answers leave the later ones free meanwhile', async () => {
    const { locks, other, backend, clock } = world({ ttlMs: 1_000 })
    const isFor = (name: string) => backend.calls('acquire').at(-1)?.claim.name === name
    backend.always('acquire', (execute, at) => (isFor('a') ? hangs(execute, at) : pass(execute, at)))
    void ending(locks.acquire(['a', 'b'], { waitMs: 30_000 }))
    await clock.advance(1)
    expect((await clock.until(other().acquire('b', { waitMs: 5_000 }))).held).toBe(true)
  })

  test('keep their turn before a call that is made later in the same turn of the event loop', async () => {
    const { locks, clock } = world()
    const held = await locks.acquire('a')
    const done: string[] = []
    const both = locks.request(['a', 'b'], () => void done.push('both'))
    const one = locks.request('a', () => void done.push('one'))
    await clock.advance(10)
    await held.release()
    await clock.until(Promise.all([both, one]))
    expect(done).toEqual(['both', 'one'])
  })

  test.each([
    ['lost its reply', replyLost],
    ['was refused by the store', refused()],
    ['hung', hangs],
  ])('keep their turn before later calls of this locker when the first call %s', async (_, fault) => {
    const { locks, clock, backend } = world()
    const order: string[] = []
    const work = (name: string) => async (): Promise<void> => {
      order.push(name)
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 2_000))
    }
    backend.next('acquire', fault)
    const all = [locks.request(['a', 'b'], { waitMs: 60_000 }, work('both'))]
    for (const name of ['1', '2', '3']) all.push(locks.request('a', { waitMs: 60_000 }, work(name)))
    await clock.until(Promise.all(all))
    expect(order).toEqual(['both', '1', '2', '3'])
  })

  test('keep their turn before later calls of this locker when another process holds the first', async () => {
    const { locks, other, clock } = world()
    const held = await other().acquire('a')
    const order: string[] = []
    const both = locks.request(['a', 'b'], () => void order.push('both'))
    const one = locks.request('a', () => void order.push('one'))
    await clock.advance(10)
    await held.release()
    await clock.until(Promise.all([both, one]))
    expect(order).toEqual(['both', 'one'])
  })

  test('find a grant again whose reply was lost, although releases hang', async () => {
    const { locks, clock, backend } = world()
    backend.next('acquire', pass, replyLost)
    backend.always('release', hangs)
    expect((await clock.until(locks.acquire(['a', 'b'], { waitMs: 3_000 }))).held).toBe(true)
  })

  test('take a place in line without a pause when the first is refused', async () => {
    const { locks, other, clock, backend } = world()
    await other().acquire('a')
    void ending(locks.acquire(['a', 'b'], { waitMs: 60_000 }))
    await clock.advance(1)
    expect((await backend.store.inspect('a'))?.waiting).toBe(1)
  })
})
