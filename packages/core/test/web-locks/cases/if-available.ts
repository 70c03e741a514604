import { expect } from 'vitest'
import { ending } from '../ask.js'
import type { WebLocksCase } from '../case.js'
import { IF_AVAILABLE, NOTHING, SHARED, stage } from '../stage.js'

const SHARED_IF_AVAILABLE: LockOptions = { ...SHARED, ...IF_AVAILABLE }

/** The mode that is granted for these options, or `null`. */
const modeOf = (by: LockManager, name: string, options: LockOptions = IF_AVAILABLE): Promise<unknown> =>
  by.request(name, options, (lock) => lock && lock.mode)

/** Requests that do not wait. */
export const ifAvailableCases: readonly WebLocksCase[] = [
  {
    id: 'if-available/free',
    title: 'a free name is granted, and held like any other',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      expect(await modeOf(a, name, SHARED_IF_AVAILABLE)).toBe('shared')
      const held = await asked(a, IF_AVAILABLE)
      expect((await held.granted)?.mode).toBe('exclusive')
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      held.release('done')
      expect(await held.ended).toEqual({ value: 'done' })
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'if-available/held',
    title: 'a name that is held is not available, whoever holds it, in either mode',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      await asked(a)
      for (const client of [a, b]) {
        expect(await modeOf(client, name)).toBeNull()
        expect(await modeOf(client, name, SHARED_IF_AVAILABLE)).toBeNull()
      }
    },
  },
  {
    id: 'if-available/beside-readers',
    title: 'beside readers, a shared lock is available and an exclusive one is not',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      await asked(a, SHARED)
      for (const client of [b, a]) {
        expect(await modeOf(client, name, SHARED_IF_AVAILABLE)).toBe('shared')
        expect(await modeOf(client, name)).toBeNull()
      }
    },
  },
  {
    id: 'if-available/queued',
    title: 'while somebody waits for a name it is not available, not even shared beside readers',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      await asked(a, SHARED)
      const writer = await asked(b)
      for (const client of [a, b]) expect(await modeOf(client, name, SHARED_IF_AVAILABLE)).toBeNull()
      expect(await see(a)).toEqual({ held: ['a shared'], pending: ['b exclusive'] })
      expect(writer.calls).toEqual([])
    },
  },
  {
    id: 'if-available/one-tick',
    title: 'a request made before it in the same tick comes first',
    run: async (world) => {
      const { a, name, ask } = await stage(world)
      const held = ask(a)
      expect(await modeOf(a, name)).toBeNull()
      expect((await held.granted)?.name).toBe(name)
    },
  },
  {
    id: 'if-available/one-tick-queued',
    title: 'a request that waits since the same tick is in its way',
    run: async (world) => {
      const { a, b, name, ask, asked, see } = await stage(world)
      await asked(b, SHARED)
      ask(a)
      expect(await modeOf(a, name, SHARED_IF_AVAILABLE)).toBeNull()
      expect(await see(b)).toEqual({ held: ['b shared'], pending: ['a exclusive'] })
    },
  },
  {
    id: 'if-available/after-release',
    title: 'right after a request has settled its name is available, to every client',
    run: async (world) => {
      const { a, b, name } = await stage(world)
      for (const [holder, next] of [[a, a] as const, [a, b] as const, [b, a] as const]) {
        for (let i = 0; i < 5; i++) {
          await holder.request(name, () => {})
          expect(await modeOf(next, name)).toBe('exclusive')
        }
      }
    },
  },
  {
    id: 'if-available/after-the-last-of-many',
    title: 'a name is available right after the last of many requests has settled, and not before',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      const readers = [await asked(a, SHARED), await asked(b, SHARED)] as const
      readers[0].release()
      await readers[0].ended
      expect(await modeOf(a, name)).toBeNull()
      readers[1].release()
      await readers[1].ended
      expect(await modeOf(a, name)).toBe('exclusive')
    },
  },
  {
    id: 'if-available/after-a-hand-over',
    title: 'a release that lets somebody else in does not make the name available',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      const held = await asked(a)
      const next = await asked(b)
      held.release()
      await held.ended
      expect(await modeOf(a, name)).toBeNull()
      await next.granted
    },
  },
  {
    id: 'if-available/after-an-abort',
    title: 'a waiter that was aborted in the same tick is not in its way',
    run: async (world) => {
      const { a, b, name, ask, asked } = await stage(world)
      await asked(b, SHARED)
      const controller = new AbortController()
      const waiting = ask(a, { signal: controller.signal })
      controller.abort('enough')
      expect(await modeOf(a, name, SHARED_IF_AVAILABLE)).toBe('shared')
      expect(await waiting.ended).toEqual({ error: 'enough' })
    },
  },
  {
    id: 'if-available/null-holds-nothing',
    title: 'a callback that was called with null neither holds nor waits, and disturbs nobody',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(b)
      const without = await asked(a, IF_AVAILABLE)
      expect(await without.granted).toBeNull()
      expect(await see(b)).toEqual({ held: ['b exclusive'], pending: [] })
      const waiting = await asked(a)
      held.release()
      await waiting.granted
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      without.release('without')
      expect(await without.ended).toEqual({ value: 'without' })
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      expect(without.calls).toEqual([null])
    },
  },
  {
    id: 'if-available/null-fails',
    title: 'a callback that was called with null may fail',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      await asked(b)
      const error = new Error('not available')
      const throws = (lock: Lock | null): void => {
        if (lock === null) throw error
      }
      expect(await ending(a.request(name, IF_AVAILABLE, throws))).toEqual({ error })
    },
  },
]
