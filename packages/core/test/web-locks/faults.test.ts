import { describe, expect, test } from 'vitest'
import { createLocker, type LockerOptions, memoryBackend, toLockManager } from '../../src/index.js'
import { faultyBackend } from '../support/backend.js'
import { microtasks, settled, virtualClock } from '../support/clock.js'
import { gate, hangs, replyLost, requestLost, slow, type Fault } from '../support/faults.js'
import { allowOneMinute } from '../support/time-limit.js'
import { ending } from '../support/world.js'

allowOneMinute()

const never = (): Promise<never> => new Promise(() => {})

function stage(options: Partial<LockerOptions> = {}) {
  const clock = virtualClock()
  const backend = faultyBackend(clock)
  const locks = createLocker({ backend, clock, ...options })
  const other = createLocker({ backend: backend.store, clock, ...options })
  return { clock, backend, locks, other, mine: toLockManager(locks), theirs: toLockManager(other) }
}

const state = (promise: Promise<unknown>): { now: string } => {
  const seen = { now: 'pending' }
  promise.then(
    (value) => (seen.now = `resolved ${String(value)}`),
    (error: unknown) => (seen.now = `rejected ${(error as Error).name}`),
  )
  return seen
}

/** The client sends the command twice and passes on the second answer: its connection was cut before the first. */
const resent: Fault = async (execute) => {
  await execute()
  return execute()
}

describe('a lock that is lost before its callback has returned', () => {
  test('by expiry, in a callback that blocks the event loop and never settles: rejects', async () => {
    const { clock, mine } = stage({ ttlMs: 1_000 })
    const seen = state(
      mine.request('name', () => {
        clock.jump({ monotonic: 5_000 })
        return never()
      }),
    )
    await clock.advance(60_000)
    expect(seen.now).toBe('rejected AbortError')
  })

  test('by close() within the callback, which never settles: rejects', async () => {
    const { clock, mine, locks } = stage()
    const seen = state(
      mine.request('name', () => {
        void locks.close()
        return never()
      }),
    )
    await clock.advance(60_000)
    expect(seen.now).toBe('rejected AbortError')
  })

  test('by close() at any moment: no request is left pending, none is called with a lock that is gone', async () => {
    const stuck: number[] = []
    const calledWithout: number[] = []
    for (let turns = 0; turns < 60; turns++) {
      const { clock, mine, locks, other } = stage()
      let isClosed = false
      const seen = state(
        mine.request('name', () => {
          if (isClosed) calledWithout.push(turns)
          return never()
        }),
      )
      await microtasks(turns)
      isClosed = true
      await clock.until(locks.close())
      await clock.advance(60_000)
      if (seen.now === 'pending') stuck.push(turns)
      expect((await other.query()).held).toEqual([])
    }
    expect({ stuck, calledWithout }).toEqual({ stuck: [], calledWithout: [] })
  })
})

describe('a release that worked', () => {
  test('and that the client sent twice, which looks like a steal: an AbortError', async () => {
    const { clock, backend, mine } = stage()
    backend.next('release', resent)
    const seen = await clock.until(ending(mine.request('name', () => 'done')))
    expect(seen).toMatchObject({ error: { name: 'AbortError' } })
  })

  test("and that the client sent twice: the callback's own error is not masked", async () => {
    const { clock, backend, mine } = stage()
    backend.next('release', resent)
    const own = new Error('of the callback')
    const seen = await clock.until(
      ending(
        mine.request('name', () => {
          throw own
        }),
      ),
    )
    expect(seen).toEqual({ error: own })
  })
})

describe('a callback that has ended, while a call before it waits for the store', () => {
  const held = async (options: Partial<LockerOptions> = {}) => {
    const set = stage(options)
    let end!: () => void
    const request = state(
      set.mine.request('name', () => new Promise<string>((resolve) => (end = () => resolve('done')))),
    )
    await set.clock.advance(10)
    set.backend.next('acquire', hangs)
    void set.mine.request('hangs', never).catch(() => {})
    end()
    await settled()
    return { ...set, request }
  }

  test('keeps its lock until then, renewed, and answers its result', async () => {
    const { clock, request, other } = await held({ ttlMs: 1_000, attemptTimeoutMs: 1_000 })
    expect(request.now).toBe('pending')
    await clock.advance(900)
    expect((await clock.until(other.query())).held).toMatchObject([{ name: 'web:name' }])
    await clock.advance(5_000)
    expect(request.now).toBe('resolved done')
    expect((await clock.until(other.query())).held).toMatchObject([{ name: 'web:hangs' }])
  })

  test('rejects with an AbortError when its lock is stolen before that', async () => {
    const { clock, request, theirs } = await held({ ttlMs: 120_000 })
    void theirs.request('name', { steal: true }, never)
    await clock.advance(100)
    expect(request.now).toBe('rejected AbortError')
  })

  test('close() releases its lock at once, and the request answers the result of the callback', async () => {
    const { clock, request, locks, other } = await held()
    await clock.until(locks.close())
    expect(request.now).toBe('resolved done')
    expect((await clock.until(other.query())).held).toEqual([])
    await clock.until(other.close())
    expect(clock.pending()).toBe(0)
  })
})

describe('a steal while the answer to the acquire of its victim is under way', () => {
  test('is noticed at once, not at the first renewal', async () => {
    const { clock, backend, mine, theirs } = stage({ ttlMs: 120_000 })
    // The first request begins the watch.
    void mine.request('warm', { mode: 'shared' }, never)
    await clock.advance(100)
    const { fault, arrive, answer } = gate()
    backend.next('acquire', fault)
    let running = 0
    const victim = state(
      mine.request('name', () => {
        running++
        return never()
      }),
    )
    await settled()
    arrive()
    await clock.advance(5)
    void theirs.request('name', { steal: true }, () => (running++, never())).catch(() => {})
    await clock.advance(5)
    answer()
    await clock.advance(1_000)
    expect({ victim: victim.now, running }).toMatchObject({ victim: 'rejected AbortError' })
  })

  test('by another manager of the same locker', async () => {
    const { clock, backend, mine, locks } = stage({ ttlMs: 120_000 })
    const second = toLockManager(locks)
    void mine.request('warm', { mode: 'shared' }, never)
    await clock.advance(100)
    const { fault, arrive, answer } = gate()
    backend.next('acquire', fault)
    const victim = state(mine.request('name', never))
    await settled()
    arrive()
    await clock.advance(5)
    void second.request('name', { steal: true }, never).catch(() => {})
    await clock.advance(5)
    answer()
    await clock.advance(1_000)
    expect(victim.now).toBe('rejected AbortError')
  })
})

describe('calls take effect in their order, though the store fails for a moment', () => {
  test.each([
    ['request', requestLost],
    ['reply', replyLost],
  ])('two steals, the %s of the first lost: the second has it in the end', async (_, fault) => {
    const { clock, backend, mine } = stage()
    backend.next('acquire', fault)
    const first = state(mine.request('name', { steal: true }, never))
    const second = state(mine.request('name', { steal: true }, never))
    await clock.advance(5_000)
    expect({ first: first.now, second: second.now }).toEqual({ first: 'rejected AbortError', second: 'pending' })
  })

  test('two requests, the first lost: it is granted first', async () => {
    const { clock, backend, mine } = stage()
    backend.next('acquire', requestLost)
    const order: number[] = []
    void mine.request('name', () => void order.push(1))
    void mine.request('name', () => void order.push(2))
    await clock.advance(10_000)
    expect(order).toEqual([1, 2])
  })
})

describe('what hangs', () => {
  test('requests for one name that hang do not keep another from being granted', async () => {
    const { clock, backend, mine } = stage()
    backend.always('acquire', async (execute) => {
      const call = backend.calls('acquire').at(-1)
      return call?.claim.name === 'web:unresponsive' ? hangs(execute, clock) : execute()
    })
    for (let i = 0; i < 20; i++) void mine.request('unresponsive', never).catch(() => {})
    const began = clock.now()
    let grantedAfter = Infinity
    void mine.request('alive', () => (grantedAfter = clock.now() - began))
    await clock.advance(300_000)
    expect(grantedAfter).toBeLessThan(20_000)
  })

  test('aborted requests that have not been sent do not hold up others', async () => {
    const { clock, backend, mine } = stage()
    backend.always('acquire', async (execute) => {
      const call = backend.calls('acquire').at(-1)
      return call?.claim.name === 'web:unresponsive' ? hangs(execute, clock) : execute()
    })
    const controller = new AbortController()
    for (let i = 0; i < 20; i++) void mine.request('unresponsive', { signal: controller.signal }, never).catch(() => {})
    controller.abort()
    await settled()
    const began = clock.now()
    let grantedAfter = Infinity
    void mine.request('alive', () => (grantedAfter = clock.now() - began))
    await clock.advance(600_000)
    expect(grantedAfter).toBeLessThan(20_000)
  })

  test('a request behind a query that hangs: rejected when close() has ended', async () => {
    const clock = virtualClock()
    const inner = memoryBackend({ clock })
    const backend = { ...inner, list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) }
    const locks = createLocker({ backend, clock })
    const mine = toLockManager(locks)
    const query = state(mine.query())
    const request = state(mine.request('name', never))
    await settled()
    await clock.until(locks.close())
    await settled()
    expect({ query: query.now, request: request.now }).not.toMatchObject({ request: 'pending' })
    expect(clock.keepsAlive()).toBe(false)
  })
})

describe('names', () => {
  test('what a locker was handed on is not shown as a lock of a manager', async () => {
    const clock = virtualClock()
    const locks = createLocker({ backend: memoryBackend({ clock }), clock })
    const mine = toLockManager(locks)
    let release!: () => void
    const held = mine.request('name', () => new Promise<void>((resolve) => (release = resolve)))
    await clock.advance(10)
    const waiting = locks.acquire('web:name')
    await clock.advance(1)
    release()
    await clock.until(held)
    await using lease = await clock.until(waiting)
    expect(lease.held).toBe(true)
    expect((await clock.until(mine.query())).held).toEqual([])
  })
})

describe('over a store 10 ms away', () => {
  const far = slow(5, 5)

  test('a request behind 500 that one signal aborted', async () => {
    const { clock, backend, mine } = stage()
    backend.always('acquire', far)
    backend.always('release', far)
    void mine.request('busy', never).catch(() => {})
    const controller = new AbortController()
    const { signal } = controller
    for (let i = 0; i < 500; i++) void mine.request('busy', { signal }, never).catch(() => {})
    await clock.advance(30_000)
    controller.abort()
    const began = clock.now()
    let grantedAfter = Infinity
    void mine.request('free', () => (grantedAfter = clock.now() - began))
    await clock.advance(60_000)
    expect(grantedAfter).toBeLessThan(1_000)
  })
})

describe('a steal that is asked for again', () => {
  test('ends the locks here that were granted meanwhile, where the store gives no hints', async () => {
    const clock = virtualClock()
    const backend = faultyBackend(clock, { capabilities: { watch: false } })
    const locks = createLocker({ backend, clock, ttlMs: 120_000 })
    const mine = toLockManager(locks)
    backend.next('acquire', requestLost)
    let running = 0
    const run = (): Promise<never> => (running++, never())
    const stealer = state(mine.request('name', { steal: true }, run))
    const later = state(mine.request('name', run))
    await clock.advance(10_000)
    expect([stealer.now, later.now].filter((now) => now === 'pending').length === 1 || running < 2).toBe(true)
  })
})
