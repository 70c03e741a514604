import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { expectStolen, NOTHING, SHARED, stage, STEAL } from '../stage.js'

/** Taking a lock from its holders. */
export const stealCases: readonly WebLocksCase[] = [
  {
    id: 'steal/free',
    title: 'a free name is granted',
    run: async (world) => {
      const { a, b, name, see } = await stage(world)
      expect(await a.request(name, STEAL, (lock) => [lock?.name, lock?.mode])).toEqual([name, 'exclusive'])
      expect(await a.request(name, { ...STEAL, mode: 'exclusive' }, () => 'explicit')).toBe('explicit')
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'steal/from-oneself',
    title: 'a lock is taken from its holder of the same client, whose request rejects with an AbortError',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      const stealer = await asked(a, STEAL)
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      await expectStolen(held)
      expect((await stealer.granted)?.mode).toBe('exclusive')
    },
  },
  {
    id: 'steal/from-another-client',
    title: 'a lock is taken from its holder of another client, whose request rejects though its callback never ends',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      const stealer = await asked(b, STEAL)
      await stealer.granted
      await expectStolen(held)
      for (const viewer of [a, b]) expect(await see(viewer)).toEqual({ held: ['b exclusive'], pending: [] })
    },
  },
  {
    id: 'steal/from-readers',
    title: 'a lock is taken from all who share it',
    run: async (world) => {
      const { a, b, asked, see, join } = await stage(world)
      const c = await join('c')
      const readers = [await asked(a, SHARED), await asked(b, SHARED), await asked(a, SHARED), await asked(c, SHARED)]
      await Promise.all(readers.map(({ granted }) => granted))
      const stealer = await asked(c, STEAL)
      for (const reader of readers) await expectStolen(reader)
      expect((await stealer.granted)?.mode).toBe('exclusive')
      expect(await see(a)).toEqual({ held: ['c exclusive'], pending: [] })
    },
  },
  {
    id: 'steal/result',
    title: 'a stealer ends with what its callback returns, and leaves the name free',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      expect(await b.request(name, STEAL, () => 'mine now')).toBe('mine now')
      await expectStolen(held)
      expect(await see(a)).toEqual(NOTHING)
    },
  },
  {
    id: 'steal/late-success',
    title: 'a callback that ends after the steal neither frees the name nor changes the rejection',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      const stealer = await asked(b, STEAL)
      await stealer.granted
      const waiting = await asked(a)
      await expectStolen(held)
      held.release('too late')
      await a.query()
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['a exclusive'] })
      await expectStolen(held)
      expect(waiting.calls).toEqual([])
      stealer.release()
      await waiting.granted
    },
  },
  {
    id: 'steal/late-failure',
    title: 'a callback that fails after the steal changes nothing, and its error goes nowhere',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      await asked(b, STEAL)
      await expectStolen(held)
      held.fail(new Error('too late'))
      await a.query()
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      await expectStolen(held)
    },
  },
  {
    id: 'steal/late-end-of-a-reader',
    title: 'a stolen reader that ends late does not free the name for those who wait',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const reader = await asked(a, SHARED)
      await reader.granted
      await asked(a, STEAL)
      await asked(b, SHARED)
      await expectStolen(reader)
      reader.release()
      await a.query()
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: ['b shared'] })
    },
  },
  {
    id: 'steal/chain',
    title: 'a stealer can be stolen from, and each is rejected',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      const victims = [held]
      for (const stealer of [b, b, a, b]) {
        const next = await asked(stealer, STEAL)
        await next.granted
        victims.push(next)
      }
      const last = victims.pop()
      for (const victim of victims) await expectStolen(victim)
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      last?.release('the last')
      expect(await last?.ended).toEqual({ value: 'the last' })
      expect(await see(a)).toEqual(NOTHING)
    },
  },
  {
    id: 'steal/chain-in-one-tick',
    title: 'of a request and steals in one tick, all but the last are rejected',
    run: async (world) => {
      const { a, b, ask, see } = await stage(world)
      const all = [ask(a), ask(a, STEAL), ask(a, STEAL)] as const
      await expectStolen(all[0])
      await expectStolen(all[1])
      expect((await all[2].granted)?.mode).toBe('exclusive')
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
    },
  },
  {
    id: 'steal/calls-in-one-tick',
    title: 'of a request and steals in one tick, each was granted: the callbacks are called, in order',
    run: async (world) => {
      const { a, name } = await stage(world)
      const order: string[] = []
      const hold = (label: string) => (): Promise<never> => {
        order.push(label)
        return new Promise(() => {})
      }
      const first = a.request(name, hold('first')).catch(() => order.push('first is rejected'))
      const second = a.request(name, STEAL, hold('second')).catch(() => order.push('second is rejected'))
      await a.request(name, STEAL, () => void order.push('last'))
      await Promise.all([first, second])
      expect(order.filter((each) => !each.endsWith('rejected'))).toEqual(['first', 'second', 'last'])
      expect(order).toHaveLength(5)
    },
  },
  {
    id: 'steal/names-apart',
    title: 'a steal takes nothing that has another name',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const other = world.uniqueName()
      const kept = await asked(a, {}, other)
      await asked(b, STEAL)
      expect(await see(b, other)).toEqual({ held: ['a exclusive'], pending: [] })
      kept.release('kept')
      expect(await kept.ended).toEqual({ value: 'kept' })
    },
  },
]
