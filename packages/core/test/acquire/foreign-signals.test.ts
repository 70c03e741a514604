import { describe, expect, test, vi } from 'vitest'
import { ending, NAME, world } from '../support/world.js'

/** An abort signal as older polyfills make it: without `reason` and `throwIfAborted`. */
class OldSignal extends EventTarget {
  aborted = false
}

const asSignal = (signal: unknown): AbortSignal => signal as AbortSignal

describe('a signal of a polyfill', () => {
  test('changes nothing while it is not aborted', async () => {
    const { clock, locks } = world()
    expect((await clock.until(locks.acquire(NAME, { signal: asSignal(new OldSignal()) }))).held).toBe(true)
  })

  test('ends a wait, and a call that begins later, with an AbortError', async () => {
    const { clock, locks, other } = world()
    await other().acquire(NAME)
    const signal = new OldSignal()
    const waiting = ending(locks.acquire(NAME, { signal: asSignal(signal), waitMs: Infinity }))
    await clock.advance(100)
    signal.aborted = true
    signal.dispatchEvent(new Event('abort'))
    expect(await clock.until(waiting)).toHaveProperty('error.name', 'AbortError')
    expect(await clock.until(ending(locks.acquire('b', { signal: asSignal(signal) })))).toHaveProperty(
      'error.name',
      'AbortError',
    )
  })

  test('that takes no listener back is refused before anything is sent', async () => {
    const { clock, backend, locks } = world()
    const signal = asSignal({ aborted: false, throwIfAborted() {}, addEventListener() {} })
    expect(await clock.until(ending(locks.acquire(NAME, { signal })))).toHaveProperty('error.name', 'TypeError')
    expect(backend.calls()).toEqual([])
  })
})

describe('a signal that throws', () => {
  const thrown = (): never => {
    throw new Error('of the signal')
  }

  test('when a listener is taken back leaves the lease, and the queue, as they are', async () => {
    const { clock, backend, locks } = world()
    const signal = asSignal(Object.assign(new OldSignal(), { removeEventListener: thrown }))
    const lease = await clock.until(locks.acquire(NAME, { signal }))
    const next = locks.acquire(NAME, {
      signal: asSignal(Object.assign(new OldSignal(), { removeEventListener: thrown })),
    })
    await clock.advance(10)
    expect(await clock.until(lease.release())).toBe('released')
    await (await clock.until(next)).release()
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('when a further listener is added fails a call for several names, and holds up no close', async () => {
    const { clock, locks, other } = world()
    const listens = vi
      .fn<() => void>()
      .mockImplementation(thrown)
      .mockImplementationOnce(() => {})
    const signal = asSignal(Object.assign(new OldSignal(), { addEventListener: listens }))
    await other().acquire('b')
    await ending(clock.until(ending(locks.acquire(['a', 'b'], { signal, waitMs: 100 }))))
    await clock.until(locks.close())
    expect(await other().inspect('a')).toBeNull()
  })

  test('when its reason is read ends a wait with an AbortError', async () => {
    const { clock, locks, other } = world()
    await other().acquire(NAME)
    const signal = Object.defineProperty(new OldSignal(), 'reason', { get: thrown })
    const waiting = ending(locks.acquire(NAME, { signal: asSignal(signal), waitMs: Infinity }))
    await clock.advance(100)
    signal.aborted = true
    signal.dispatchEvent(new Event('abort'))
    expect(await clock.until(waiting)).toHaveProperty('error.name', 'AbortError')
  })
})

describe('a signal whose event another listener keeps from arriving', () => {
  test.each([0, 50])(
    'ends a wait in the queue when its turn comes, and holds up nobody (hand-over: %i ms)',
    async (ms) => {
      const { clock, locks, other } = world({ waitMs: Infinity, handOver: { ms } })
      const holder = await locks.acquire(NAME)
      const controller = new AbortController()
      controller.signal.addEventListener('abort', (event) => event.stopImmediatePropagation())
      const first = locks.request(NAME, () => 'first')
      const aborted = ending(locks.acquire(NAME, { signal: controller.signal }))
      const third = locks.request(NAME, () => 'third')
      await clock.advance(100)
      controller.abort(new Error('not wanted'))
      await holder.release()
      expect(await clock.until(Promise.all([first, third]))).toEqual(['first', 'third'])
      expect(await clock.until(aborted)).toMatchObject({ error: { message: 'not wanted' } })
      expect(await other().inspect(NAME)).toBeNull()
    },
  )
})
