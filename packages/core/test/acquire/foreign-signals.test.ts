import { describe, expect, test } from 'vitest'
import { ending, NAME, world } from '../support/world.js'

/** As older polyfills make it: without `reason` and `throwIfAborted`. */
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
