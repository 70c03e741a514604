import { getEventListeners } from 'node:events'
import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { errorOf, expectException, NOTHING, SHARED, stage } from '../stage.js'

const reasons = (): unknown[] => [new Error('mine'), 'text', null, 0, false, '', { code: 1 }, Symbol.iterator]

/** Requests that can be aborted while they wait. */
export const signalCases: readonly WebLocksCase[] = [
  {
    id: 'signal/already-aborted',
    title: 'a signal that has aborted rejects with its reason, and nothing is asked for',
    run: async (world) => {
      const { a, b, name, ask } = await stage(world)
      const signal = AbortSignal.abort()
      const asked = ask(a, { signal })
      expect(await errorOf(asked.ended)).toBe(signal.reason)
      await expectException(asked.ended, 'AbortError')
      for (const reason of reasons()) {
        expect(await errorOf(ask(a, { signal: AbortSignal.abort(reason) }).ended)).toBe(reason)
      }
      expect(await b.request(name, { ifAvailable: true }, (lock) => lock?.name)).toBe(name)
      expect(asked.calls).toEqual([])
    },
  },
  {
    id: 'signal/not-aborted',
    title: 'a signal that never aborts changes nothing',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      const { signal } = new AbortController()
      expect(await a.request(name, { signal }, (lock) => lock?.mode)).toBe('exclusive')
      expect(await a.request(name, { ...SHARED, signal }, (lock) => lock?.mode)).toBe('shared')
      const held = await asked(b)
      const waiting = await asked(a, { signal })
      held.release()
      expect((await waiting.granted)?.name).toBe(name)
    },
  },
  {
    id: 'signal/while-waiting',
    title: 'who waits is rejected when the signal aborts, though the holder stays',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      await asked(b)
      const controller = new AbortController()
      const waiting = await asked(a, { signal: controller.signal })
      expect(await see(b)).toEqual({ held: ['b exclusive'], pending: ['a exclusive'] })
      controller.abort()
      await expectException(waiting.ended, 'AbortError')
      expect(await errorOf(waiting.ended)).toBe(controller.signal.reason)
      await a.query()
      expect(await see(b)).toEqual({ held: ['b exclusive'], pending: [] })
      expect(waiting.calls).toEqual([])
    },
  },
  {
    id: 'signal/reasons',
    title: 'the reason of the signal is the rejection, whatever it is',
    run: async (world) => {
      const { a, b, asked, ask } = await stage(world)
      await asked(b)
      for (const reason of reasons()) {
        const controller = new AbortController()
        const [early, waiting] = [ask(a, { signal: controller.signal }), await asked(a, { signal: controller.signal })]
        controller.abort(reason)
        expect(await errorOf(waiting.ended)).toBe(reason)
        expect(await errorOf(early.ended)).toBe(reason)
      }
    },
  },
  {
    id: 'signal/undefined-reason',
    title: 'without a reason, or with undefined, the rejection is the exception that the signal made',
    run: async (world) => {
      const { a, b, asked } = await stage(world)
      await asked(b)
      const controller = new AbortController()
      const waiting = await asked(a, { signal: controller.signal })
      controller.abort(undefined)
      expect(await errorOf(waiting.ended)).toBe(controller.signal.reason)
      await expectException(waiting.ended, 'AbortError')
    },
  },
  {
    id: 'signal/timeout-reason',
    title: 'a reason that is another exception stays that: also through a signal of several',
    run: async (world) => {
      const { a, b, asked } = await stage(world)
      await asked(b)
      const controller = new AbortController()
      const signal = AbortSignal.any([new AbortController().signal, controller.signal])
      const waiting = await asked(a, { signal })
      const reason = new DOMException('it took too long', 'TimeoutError')
      controller.abort(reason)
      expect(await errorOf(waiting.ended)).toBe(reason)
    },
  },
  {
    id: 'signal/after-grant',
    title: 'after the grant the signal changes nothing',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const controller = new AbortController()
      const held = await asked(a, { signal: controller.signal })
      await held.granted
      controller.abort()
      await a.query()
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      held.release('kept')
      expect(await held.ended).toEqual({ value: 'kept' })
    },
  },
  {
    id: 'signal/within-callback',
    title: 'a callback that aborts its own signal is not aborted',
    run: async (world) => {
      const { a, b, name, see } = await stage(world)
      const controller = new AbortController()
      const result = a.request(name, { signal: controller.signal }, async () => {
        controller.abort()
        expect(await see(a)).toEqual({ held: ['a exclusive'], pending: [] })
        return 'kept'
      })
      expect(await result).toBe('kept')
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'signal/after-release',
    title: 'after the release the signal changes nothing',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      const controller = new AbortController()
      const result = a.request(name, { signal: controller.signal }, () => 'done')
      expect(await result).toBe('done')
      const next = await asked(b)
      controller.abort()
      await a.query()
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      expect((await next.granted)?.name).toBe(name)
    },
  },
  {
    id: 'signal/of-many',
    title: 'one signal aborts every request that waits with it, and none that is granted',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      const [other, free] = [world.uniqueName(), world.uniqueName()]
      const controller = new AbortController()
      const { signal } = controller
      await asked(b)
      await asked(b, {}, other)
      const granted = await asked(a, { signal }, free)
      await granted.granted
      const waiting = [
        await asked(a, { signal }),
        await asked(a, { ...SHARED, signal }),
        await asked(a, { signal }, other),
      ]
      const stays = await asked(a)
      controller.abort('all')
      for (const each of waiting) expect(await each.ended).toEqual({ error: 'all' })
      await a.query()
      expect(await see(b, name)).toEqual({ held: ['b exclusive'], pending: ['a exclusive'] })
      expect(await see(b, other)).toEqual({ held: ['b exclusive'], pending: [] })
      expect(await see(b, free)).toEqual({ held: ['a exclusive'], pending: [] })
      expect(stays.calls).toEqual([])
    },
  },
  {
    id: 'signal/leaves-no-listeners',
    title: 'a signal that lives on is not listened to after its requests have been granted',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      const { signal } = new AbortController()
      await Promise.all(Array.from({ length: 5 }, () => a.request(name, { signal }, () => {})))
      const held = await asked(b)
      const waiting = await asked(a, { signal })
      held.release()
      await waiting.granted
      waiting.release()
      await waiting.ended
      expect(getEventListeners(signal, 'abort')).toEqual([])
    },
  },
]
