import { describe, expect, test } from 'vitest'
import { fixed, type Lease, type Locker } from '../../src/index.js'
import { slow } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

async function pass(locks: Locker, order: number[], place: number): Promise<void> {
  const lease = await locks.acquire(NAME, { waitMs: Infinity })
  order.push(place)
  await lease.release()
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe.each([
  ['with hand-over', {}],
  ['without hand-over', { handOver: { count: 0 } }],
])('those who wait in one process, %s,', (_, options) => {
  test('are served in the order in which they called', async () => {
    const { clock, locks, other } = world(options)
    const held = await other().acquire(NAME)
    const order: number[] = []
    const all = numbers(200).map((i) => pass(locks, order, i))
    await clock.advance(100)
    await held.release()
    await clock.until(Promise.all(all))
    expect(order).toEqual(numbers(200))
  })

  test('are served in that order also when the name is free at first', async () => {
    const { clock, locks } = world(options)
    const order: number[] = []
    const all: Promise<void>[] = []
    for (const i of numbers(50)) {
      all.push(pass(locks, order, i))
      if (i % 5 === 0) await clock.advance(1)
    }
    await clock.until(Promise.all(all))
    expect(order).toEqual(numbers(50))
  })

  test('cost the store one claim in flight and one place in line, a thousand of them', async () => {
    const { clock, backend, locks, other } = world(options)
    const held = await other().acquire(NAME)
    const order: number[] = []
    const all = numbers(1_000).map((i) => pass(locks, order, i))
    for (let i = 0; i < 20; i++) {
      await clock.advance(250)
      expect((await backend.store.inspect(NAME))?.waiting).toBeLessThanOrEqual(1)
    }
    expect(backend.calls('acquire').length).toBeLessThan(12)
    await held.release()
    await clock.until(Promise.all(all))
    expect(order).toEqual(numbers(1_000))
    expect(backend.mostInFlight('acquire')).toBe(1)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('never hold it together, and each has a greater fence', async () => {
    const { clock, locks, other } = world(options)
    const rival = other()
    const holding: Lease[] = []
    const fences: (number | null)[] = []
    const work = async (by: Locker): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        const lease = await by.acquire(NAME, { waitMs: Infinity })
        holding.push(lease)
        expect(holding.filter(({ held }) => held)).toEqual([lease])
        fences.push(lease.fence)
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 3))
        await lease.release()
      }
    }
    await clock.until(Promise.all([work(locks), work(locks), work(locks), work(rival), work(rival)]))
    expect(fences.length).toBe(100)
    expect(fences).toEqual(fences.toSorted((a, b) => (a ?? 0) - (b ?? 0)))
    expect(new Set(fences).size).toBe(100)
  })
})

describe('a wait within this process', () => {
  test('that ends by its waitMs is LOCK_BUSY, and has cost the store nothing', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    void ending(locks.acquire(NAME))
    const before = clock.now()
    expect(await clock.until(codeOf(locks.acquire(NAME, { waitMs: 500 })))).toBe('LOCK_BUSY')
    expect(clock.now() - before).toBe(500)
    expect(new Set(backend.calls('acquire').map(({ claim }) => claim.owner)).size).toBe(1)
  })

  test('that ends in the moment in which its turn comes is LOCK_BUSY, and asks for nothing it cannot await', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    backend.always('acquire', slow(1, 1))
    const first = codeOf(locks.acquire(NAME, { waitMs: 500 }))
    const second = codeOf(locks.acquire(NAME, { waitMs: 500 }))
    await clock.advance(499)
    clock.jump({ monotonic: 5 })
    expect(await clock.until(Promise.all([first, second]))).toEqual(['LOCK_BUSY', 'LOCK_BUSY'])
  })

  test('goes on when the one before it fails', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire(NAME)
    const failing = ending(locks.acquire(NAME, { retry: { backoff: () => Number.NaN } }))
    const next = locks.acquire(NAME)
    expect(await clock.until(failing)).toHaveProperty('error.name', 'RangeError')
    await held.release()
    expect((await clock.until(next, 2_000)).held).toBe(true)
  })

  test('for one name is no matter of another name', async () => {
    const { clock, locks, other } = world()
    await other().acquire('held')
    void ending(locks.acquire('held'))
    expect((await clock.until(locks.acquire('free'), 0)).held).toBe(true)
  })

  test('stays within its bound when the one before it has a slow policy', async () => {
    const { clock, locks, other } = world({}, { capabilities: { line: false, watch: false } })
    await other().acquire(NAME)
    void ending(locks.acquire(NAME, { retry: { backoff: fixed(60_000) }, waitMs: 60_000 }))
    const before = clock.now()
    expect(await clock.until(codeOf(locks.acquire(NAME, { waitMs: 1_000 })))).toBe('LOCK_BUSY')
    expect(clock.now() - before).toBe(1_000)
  })
})

describe('shared claims', () => {
  test('that stand together at the front are granted together', async () => {
    const { clock, locks, other } = world()
    const writer = await other().acquire(NAME)
    const readers = Promise.all(numbers(10).map(() => locks.acquire(NAME, { mode: 'shared' })))
    await clock.advance(100)
    const before = clock.now()
    await writer.release()
    expect((await clock.until(readers)).every(({ held }) => held)).toBe(true)
    expect(clock.now() - before).toBeLessThanOrEqual(10)
  })

  test('do not overtake an exclusive one that waits before them', async () => {
    const { clock, locks } = world()
    const order: string[] = []
    const reader = await locks.acquire(NAME, { mode: 'shared' })
    const writing = locks.acquire(NAME).then(async (lease) => {
      order.push('writer')
      await lease.release()
    })
    await clock.advance(10)
    const reading = numbers(3).map(() =>
      locks.acquire(NAME, { mode: 'shared' }).then(async (lease) => {
        order.push('reader')
        await lease.release()
      }),
    )
    await clock.advance(10)
    expect(order).toEqual([])
    await reader.release()
    await clock.until(Promise.all([writing, ...reading]))
    expect(order).toEqual(['writer', 'reader', 'reader', 'reader'])
  })

  test('of several processes neither: a waiting writer is not starved', async () => {
    const { clock, locks, other } = world()
    const [one, two] = [other(), other()]
    let writing = false
    const read = async (by: Locker): Promise<void> => {
      while (!writing) {
        const lease = await by.acquire(NAME, { mode: 'shared', waitMs: Infinity })
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 20))
        await lease.release()
      }
    }
    const readers = [read(one), clock.advance(10).then(() => read(two))]
    await clock.advance(50)
    const before = clock.now()
    const writer = await clock.until(locks.acquire(NAME))
    writing = true
    expect(clock.now() - before).toBeLessThanOrEqual(60)
    await writer.release()
    await clock.until(Promise.all(readers))
  })
})
