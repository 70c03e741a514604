import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { Lease } from '../../src/index.js'
import { microtasks, settled } from '../support/clock.js'
import { gate } from '../support/faults.js'
import { ending, type Ending, NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

describe('an abort in the same moment as the grant', () => {
  const TRIES = 2_500
  const DEPTH = 25

  /** Aborts the signal after `turns` turns of the promise queue. */
  const abortAfter = async (controller: AbortController, turns: number): Promise<void> => {
    await microtasks(turns)
    controller.abort('aborted')
  }

  const endOf = async (end: Ending<Lease>): Promise<'granted' | 'aborted'> => {
    if ('error' in end) {
      expect(end.error).toBe('aborted')
      return 'aborted'
    }
    expect(end.value.held).toBe(true)
    expect(await end.value.release()).toBe('released')
    return 'granted'
  }

  test('of a free name has exactly one outcome, and leaves nothing', async () => {
    const { clock, backend, locks } = world()
    const seen = { granted: 0, aborted: 0 }
    for (let i = 0; i < TRIES; i++) {
      const controller = new AbortController()
      const end = ending(locks.acquire(NAME, { signal: controller.signal }))
      void abortAfter(controller, i % DEPTH)
      seen[await endOf(await end)]++
      await settled()
      expect(await backend.store.inspect(NAME)).toBeNull()
      expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    }
    expect(Math.min(seen.granted, seen.aborted)).toBeGreaterThanOrEqual(TRIES / DEPTH)
    await clock.advance(30_000)
    expect(clock.pending()).toBe(0)
  })

  test('of a name that another process releases has exactly one outcome, and leaves nothing', async () => {
    const { clock, backend, locks, other } = world()
    const rival = other()
    const seen = { granted: 0, aborted: 0 }
    for (let i = 0; i < TRIES; i++) {
      const held = await rival.acquire(NAME)
      const controller = new AbortController()
      const end = ending(locks.acquire(NAME, { signal: controller.signal }))
      await clock.advance(20)
      backend.next('acquire', (execute) => {
        void abortAfter(controller, i % DEPTH)
        return execute()
      })
      void held.release()
      seen[await endOf(await clock.until(end))]++
      await settled()
      expect(await backend.store.inspect(NAME)).toBeNull()
    }
    expect(Math.min(seen.granted, seen.aborted)).toBeGreaterThanOrEqual(TRIES / DEPTH)
  })

  test('of a name that is released in this process has exactly one outcome, and leaves nothing', async () => {
    const { clock, backend, locks } = world()
    const seen = { granted: 0, aborted: 0 }
    for (let i = 0; i < TRIES; i++) {
      const held = await locks.acquire(NAME)
      const controller = new AbortController()
      const end = ending(locks.acquire(NAME, { signal: controller.signal }))
      await settled()
      void abortAfter(controller, i % DEPTH)
      void held.release()
      seen[await endOf(await clock.until(end))]++
      await clock.advance(0)
      expect(await backend.store.inspect(NAME)).toBeNull()
    }
    expect(Math.min(seen.granted, seen.aborted)).toBeGreaterThanOrEqual(TRIES / DEPTH)
  })

  test('whose answer is on its way has exactly one outcome, and leaves nothing', async () => {
    const { clock, backend, locks } = world()
    for (let i = 0; i < TRIES; i++) {
      const onTheWay = gate()
      backend.next('acquire', onTheWay.fault)
      const controller = new AbortController()
      const end = ending(locks.acquire(NAME, { signal: controller.signal }))
      if (i % 2 === 0) onTheWay.arrive()
      await settled()
      if (i % 3 === 0) onTheWay.answer()
      void abortAfter(controller, i % DEPTH)
      if (i % 3 !== 0) onTheWay.answer()
      await endOf(await clock.until(end))
      await clock.advance(0)
      expect(await backend.store.inspect(NAME)).toBeNull()
    }
  })
})
