import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLocker, memoryBackend } from '../../src/index.js'
import { settled, virtualClock } from '../support/clock.js'
import { hangs, refused, requestLost } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

const reasons: readonly unknown[] = [
  'a string',
  0,
  null,
  false,
  { why: 'an object' },
  new Error('an error'),
  Symbol('s'),
]

describe('a signal that is aborted already', () => {
  test.each(reasons)('sends no command, and the call rejects with its reason unchanged: %s', async (reason) => {
    const { backend, locks } = world()
    const signal = AbortSignal.abort(reason)
    for (const call of [
      locks.acquire(NAME, { signal }),
      locks.tryAcquire(NAME, { signal }),
      locks.request(NAME, { signal }, () => 1),
      locks.request(NAME, { signal, ifAvailable: true }, () => 1),
    ]) {
      expect(await ending<unknown>(call)).toStrictEqual({ error: reason })
    }
    expect(backend.calls()).toEqual([])
  })

  test('without a reason gives the AbortError of the platform', async () => {
    const { locks } = world()
    expect(await ending(locks.acquire(NAME, { signal: AbortSignal.abort() }))).toHaveProperty(
      'error.name',
      'AbortError',
    )
  })

  test('does not hide a mistake', async () => {
    const { locks } = world()
    const call = locks.acquire('', { signal: AbortSignal.abort('late') })
    expect(await ending(call)).toHaveProperty('error.name', 'RangeError')
  })
})

describe('an abort during the wait rejects at once, with the reason unchanged,', () => {
  test.each(reasons)('while others hold it: %s', async (reason) => {
    const { clock, backend, locks, other } = world()
    await other().acquire(NAME)
    const controller = new AbortController()
    const end = ending(locks.acquire(NAME, { signal: controller.signal }))
    await clock.advance(1_234)
    const before = clock.now()
    controller.abort(reason)
    expect(await clock.until(end)).toStrictEqual({ error: reason })
    expect(clock.now()).toBe(before)
    await clock.advance(0)
    // The waiter also gives up its place in the line of the store.
    expect((await backend.store.inspect(NAME))?.waiting).toBe(0)
  })

  test('while the store hangs', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', hangs)
    const controller = new AbortController()
    const end = ending(locks.acquire(NAME, { signal: controller.signal }))
    await clock.advance(100)
    const before = clock.now()
    controller.abort('enough')
    expect(await clock.until(end)).toEqual({ error: 'enough' })
    expect(clock.now()).toBe(before)
  })

  test.each([
    ['refusing', refused()],
    ['losing requests', requestLost],
  ])('between two attempts at a store that is %s', async (_, fault) => {
    const { clock, backend, locks } = world({ retry: { backoff: () => 1_000 } })
    backend.always('acquire', fault)
    const controller = new AbortController()
    const end = ending(locks.acquire(NAME, { signal: controller.signal }))
    await clock.advance(500)
    const before = clock.now()
    controller.abort('enough')
    expect(await clock.until(end)).toEqual({ error: 'enough' })
    expect(clock.now()).toBe(before)
    await clock.advance(10_000)
    expect(backend.calls('acquire').length).toBe(1)
  })

  test('behind others in the same process, who keep their order', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire(NAME)
    const controller = new AbortController()
    const order: string[] = []
    const join = async (title: string, signal?: AbortSignal): Promise<void> => {
      try {
        const lease = await locks.acquire(NAME, { signal, waitMs: Infinity })
        order.push(title)
        await lease.release()
      } catch (error) {
        order.push(`${title} ${String(error)}`)
      }
    }
    const all = [join('a'), join('b', controller.signal), join('c'), join('d', controller.signal), join('e')]
    await clock.advance(10)
    controller.abort('aborted')
    await clock.advance(0)
    expect(order).toEqual(['b aborted', 'd aborted'])
    await held.release()
    await clock.until(Promise.all(all))
    expect(order).toEqual(['b aborted', 'd aborted', 'a', 'c', 'e'])
  })

  test('of the first in line, and the next takes its turn', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire(NAME)
    const controller = new AbortController()
    const first = ending(locks.acquire(NAME, { signal: controller.signal }))
    const second = locks.acquire(NAME)
    await clock.advance(10)
    controller.abort('aborted')
    expect(await clock.until(first)).toEqual({ error: 'aborted' })
    await held.release()
    expect((await clock.until(second, 1_000)).held).toBe(true)
  })
})

describe('an abort after the grant', () => {
  test('changes nothing', async () => {
    const { clock, locks } = world()
    const controller = new AbortController()
    const lease = await locks.acquire(NAME, { signal: controller.signal })
    controller.abort()
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
    expect(lease.signal.aborted).toBe(false)
    expect(await lease.release()).toBe('released')
  })

  test('does not end a callback', async () => {
    const { clock, locks } = world()
    const controller = new AbortController()
    const result = await locks.request(NAME, { signal: controller.signal }, async (lease) => {
      controller.abort()
      await settled()
      return lease.held
    })
    expect(result).toBe(true)
    expect(clock.now()).toBeGreaterThan(0)
  })
})

describe('listeners', () => {
  let warnings: string[]
  const note = (warning: Error): void => void warnings.push(warning.name)

  beforeEach(() => {
    warnings = []
    process.on('warning', note)
  })
  afterEach(() => void process.off('warning', note))

  test('are removed however the wait ends', async () => {
    const { clock, backend, locks, other } = world()
    const { signal } = new AbortController()
    const lease = await locks.acquire(NAME, { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await lease.release()
    await other().acquire(NAME)
    expect(await clock.until(codeOf(locks.acquire(NAME, { signal, waitMs: 100 })))).toBe('LOCK_BUSY')
    expect(await locks.tryAcquire(NAME, { signal })).toBeNull()
    backend.always('acquire', requestLost)
    expect(await clock.until(codeOf(locks.acquire(NAME, { signal, waitMs: 100 })))).toBe('LOCK_INDETERMINATE')
    const waiting = codeOf(locks.acquire(NAME, { signal }))
    const behind = codeOf(locks.acquire(NAME, { signal }))
    await clock.until(locks.close())
    expect([await waiting, await behind]).toEqual(['LOCK_CLOSED', 'LOCK_CLOSED'])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('do not grow over 10 000 cycles with one signal', async () => {
    const locks = createLocker({ backend: memoryBackend(), clock: virtualClock() })
    const { signal } = new AbortController()
    for (let i = 0; i < 10_000; i++) {
      const lease = await locks.acquire(NAME, { signal })
      await lease.release()
    }
    await settled()
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(warnings).toEqual([])
  })

  test('of a hundred waits that share one signal cause no warning', async () => {
    const { clock, locks, other } = world()
    const held = await other().acquire(NAME)
    const { signal } = new AbortController()
    const waits = Array.from({ length: 100 }, async () => (await locks.acquire(NAME, { signal })).release())
    await clock.advance(10)
    await held.release()
    await clock.until(Promise.all(waits))
    await settled()
    expect(warnings).toEqual([])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
