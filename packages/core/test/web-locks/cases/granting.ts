import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { NOTHING, SHARED, stage } from '../stage.js'

export const grantingCases: readonly WebLocksCase[] = [
  {
    id: 'granting/free',
    title: 'a free name is granted: exclusively by default',
    run: async (world) => {
      const { a, name } = await stage(world)
      const seen = (lock: Lock | null): unknown => [lock?.name, lock?.mode]
      expect(await a.request(name, seen)).toEqual([name, 'exclusive'])
      expect(await a.request(name, { mode: 'exclusive' }, seen)).toEqual([name, 'exclusive'])
      expect(await a.request(name, { mode: 'shared' }, seen)).toEqual([name, 'shared'])
    },
  },
  {
    id: 'granting/lock-object',
    title: 'name and mode of a lock are there to be read, and not to be written',
    run: async (world) => {
      const { a, name } = await stage(world)
      const lock = await a.request(name, (granted) => granted as { name: string; mode: string })
      expect('name' in lock && 'mode' in lock).toBe(true)
      expect(() => (lock.name = 'another')).toThrow(TypeError)
      expect(() => (lock.mode = 'shared')).toThrow(TypeError)
      expect([lock.name, lock.mode]).toEqual([name, 'exclusive'])
    },
  },
  {
    id: 'granting/each-its-lock',
    title: 'each grant comes with a lock of its own',
    run: async (world) => {
      const { a, b, ask } = await stage(world)
      const asks = [ask(a, SHARED), ask(a, SHARED), ask(b, SHARED)]
      const locks = await Promise.all(asks.map(({ granted }) => granted))
      expect(new Set(locks).size).toBe(asks.length)
      for (const lock of locks) expect(lock?.mode).toBe('shared')
    },
  },
  {
    id: 'granting/one-at-a-time',
    title: 'an exclusive lock keeps others out, of this client and of another',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      const behind = [await asked(a), await asked(b)] as const
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: ['a exclusive', 'b exclusive'] })
      expect(behind.map(({ calls }) => calls.length)).toEqual([0, 0])
      held.release()
      await behind[0].granted
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['b exclusive'] })
      expect(behind[1].calls).toEqual([])
      behind[0].release()
      await behind[1].granted
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
    },
  },
  {
    id: 'granting/until-settled',
    title: 'a lock is held until the promise of its callback settles',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      const other = await asked(b, {}, world.uniqueName())
      await other.granted
      other.release()
      await other.ended
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      held.release('value')
      expect(await held.ended).toEqual({ value: 'value' })
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'granting/settles-after-release',
    title: 'when a request has settled its lock is free, for every client',
    run: async (world) => {
      const { a, b, ask, see, name } = await stage(world)
      for (const [one, other] of [[a, b] as const, [b, a] as const, [a, a] as const]) {
        const held = ask(one)
        await held.granted
        held.release()
        await held.ended
        expect(await other.request(name, { ifAvailable: true }, (lock) => lock?.name)).toBe(name)
        expect(await see(other)).toEqual(NOTHING)
      }
    },
  },
  {
    id: 'granting/settles-after-failure',
    title: 'when a request has failed by its callback its lock is free, for every client',
    run: async (world) => {
      const { a, b, ask, see } = await stage(world)
      const error = new Error('failed')
      const held = ask(a)
      held.fail(error)
      expect(await held.ended).toEqual({ error })
      expect(await see(b)).toEqual(NOTHING)
      expect(await see(a)).toEqual(NOTHING)
    },
  },
  {
    id: 'granting/again-and-again',
    title: 'a name can be locked again and again, by turns',
    run: async (world) => {
      const { a, b, name } = await stage(world)
      const results: unknown[] = []
      for (let i = 0; i < 10; i++) {
        results.push(await a.request(name, () => `a${i}`), await b.request(name, () => `b${i}`))
      }
      expect(results).toEqual(Array.from({ length: 10 }, (_, i) => [`a${i}`, `b${i}`]).flat())
    },
  },
  {
    id: 'granting/names-apart',
    title: 'one name does not keep another waiting',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const other = world.uniqueName()
      const held = await asked(a)
      const waiting = await asked(b)
      const free = await asked(b, {}, other)
      expect((await free.granted)?.name).toBe(other)
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['b exclusive'] })
      expect(waiting.calls).toEqual([])
      held.release()
      await waiting.granted
    },
  },
]
