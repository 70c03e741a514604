import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { expectStolen, IF_AVAILABLE, NOTHING, SHARED, stage, STEAL } from '../stage.js'

/** Steals, and the requests that wait. */
export const stealQueueCases: readonly WebLocksCase[] = [
  {
    id: 'steal-queue/places',
    title: 'those who wait keep their places, and are let in after the stealer',
    run: async (world) => {
      const { a, b, asked, see, join } = await stage(world)
      const c = await join('c')
      const held = await asked(a)
      const waiting = [await asked(b), await asked(a, SHARED), await asked(b, SHARED)] as const
      const stealer = await asked(c, STEAL)
      await expectStolen(held)
      const pending = ['b exclusive', 'a shared', 'b shared']
      for (const viewer of [a, b, c]) expect(await see(viewer)).toEqual({ held: ['c exclusive'], pending })
      expect(waiting.flatMap(({ calls }) => calls)).toEqual([])
      stealer.release()
      await waiting[0].granted
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: pending.slice(1) })
      waiting[0].release()
      await waiting[0].ended
      expect(await see(a)).toEqual({ held: ['a shared', 'b shared'], pending: [] })
    },
  },
  {
    id: 'steal-queue/own-places',
    title: 'the stealer comes before its own requests that wait',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      const held = await asked(b)
      const waiting = ask(a)
      const stealer = ask(a, STEAL)
      const late = ask(a)
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['a exclusive', 'a exclusive'] })
      await expectStolen(held)
      await stealer.granted
      expect([...waiting.calls, ...late.calls]).toEqual([])
      stealer.release()
      await waiting.granted
      expect(late.calls).toEqual([])
      waiting.release()
      await late.granted
    },
  },
  {
    id: 'steal-queue/again',
    title: 'who was stolen from can ask again, and waits behind those who waited',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      await asked(b, SHARED)
      const stealer = await asked(b, STEAL)
      await expectStolen(held)
      const again = await asked(a)
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['b shared', 'a exclusive'] })
      stealer.release()
      await stealer.ended
      expect(await see(a)).toEqual({ held: ['b shared'], pending: ['a exclusive'] })
      expect(again.calls).toEqual([])
    },
  },
  {
    id: 'steal-queue/twice',
    title: 'a second steal leaves the queue as it is, too',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      await asked(a)
      const waiting = await asked(b)
      const first = await asked(a, STEAL)
      const second = await asked(b, STEAL)
      await expectStolen(first)
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['b exclusive'] })
      second.release()
      await second.ended
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      await waiting.granted
    },
  },
  {
    id: 'steal-queue/not-available',
    title: 'a stolen name is as unavailable as any that is held',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      await asked(a)
      const stealer = await asked(b, STEAL)
      for (const client of [a, b]) {
        expect(await client.request(name, IF_AVAILABLE, (lock) => lock)).toBeNull()
        expect(await client.request(name, { ...SHARED, ...IF_AVAILABLE }, (lock) => lock)).toBeNull()
      }
      stealer.release()
      await stealer.ended
      expect(await a.request(name, IF_AVAILABLE, (lock) => lock?.name)).toBe(name)
    },
  },
  {
    id: 'steal-queue/aborts',
    title: 'who waits through a steal can still be aborted',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      await asked(a)
      const controller = new AbortController()
      const aborted = await asked(a, { signal: controller.signal })
      const waiting = await asked(b)
      const stealer = await asked(b, STEAL)
      controller.abort('enough')
      expect(await aborted.ended).toEqual({ error: 'enough' })
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['b exclusive'] })
      stealer.release()
      await waiting.granted
      waiting.release()
      await waiting.ended
      expect(await see(b)).toEqual(NOTHING)
    },
  },
]
