import { expect } from 'vitest'
import { ending } from '../ask.js'
import type { WebLocksCase } from '../case.js'
import { expectStolen, expectException, IF_AVAILABLE, NOTHING, SHARED, stage, STEAL } from '../stage.js'

/** Requests within the callbacks of others. */
export const nestingCases: readonly WebLocksCase[] = [
  {
    id: 'nesting/another-name',
    title: 'another name can be locked within a callback, and is released first',
    run: async (world) => {
      const { a, b, name, see } = await stage(world)
      const inner = world.uniqueName()
      const result = await a.request(name, async () => {
        const value = await a.request(inner, async () => {
          expect(await see(b, inner)).toEqual({ held: ['a exclusive'], pending: [] })
          return 'inner'
        })
        expect(await see(b, inner)).toEqual(NOTHING)
        expect(await see(b, name)).toEqual({ held: ['a exclusive'], pending: [] })
        return value
      })
      expect(result).toBe('inner')
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'nesting/not-reentrant',
    title: 'a name is not available to its own holder',
    run: async (world) => {
      const { a, name } = await stage(world)
      const inner = await a.request(name, () => a.request(name, IF_AVAILABLE, (lock) => lock))
      expect(inner).toBeNull()
    },
  },
  {
    id: 'nesting/shared',
    title: 'a shared name can be locked again by its holder, unless a writer waits',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      await a.request(name, SHARED, async () => {
        expect(await a.request(name, SHARED, (lock) => lock?.mode)).toBe('shared')
        await asked(b)
        expect(await a.request(name, { ...SHARED, ...IF_AVAILABLE }, (lock) => lock)).toBeNull()
      })
    },
  },
  {
    id: 'nesting/steal-from-oneself',
    title: 'a callback can steal its own lock, and its request is then rejected',
    run: async (world) => {
      const { a, b, name, see } = await stage(world)
      const inner: Promise<unknown>[] = []
      const outer = a.request(name, async () => {
        inner.push(a.request(name, STEAL, () => 'stolen from the outer'))
        return inner[0]
      })
      await expectException(ending(outer), 'AbortError')
      expect(await inner[0]).toBe('stolen from the outer')
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'nesting/deadlock-of-one',
    title: 'who waits for a name that they hold themselves is shown as holding and waiting, and can be aborted',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      const controller = new AbortController()
      const again = await asked(a, { signal: controller.signal })
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: ['a exclusive'] })
      controller.abort('a deadlock')
      expect(await again.ended).toEqual({ error: 'a deadlock' })
      held.release()
      await held.ended
      expect(await see(b, name)).toEqual(NOTHING)
    },
  },
  {
    id: 'nesting/deadlock-of-two',
    title: 'a deadlock of two clients is shown by query, and can be ended by a steal',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      const other = world.uniqueName()
      const first = await asked(a, {}, name)
      await asked(b, {}, other)
      const waits = [await asked(a, {}, other), await asked(b, {}, name)] as const
      const { held, pending } = await a.query()
      expect([held?.length, pending?.length]).toEqual([2, 2])
      expect(await see(b, name)).toEqual({ held: ['a exclusive'], pending: ['b exclusive'] })
      expect(await see(a, other)).toEqual({ held: ['b exclusive'], pending: ['a exclusive'] })

      const stealer = await asked(b, STEAL, name)
      await expectStolen(first)
      stealer.release()
      await waits[1].granted
      expect(await see(a, name)).toEqual({ held: ['b exclusive'], pending: [] })
      expect(waits[0].calls).toEqual([])
    },
  },
]
