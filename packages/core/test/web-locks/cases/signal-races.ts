import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { expectStolen, errorOf, NOTHING, SHARED, stage, STEAL } from '../stage.js'

/** Aborts at an unfortunate moment, and their effect on other requests. */
export const signalRaceCases: readonly WebLocksCase[] = [
  {
    id: 'signal-races/same-tick',
    title: 'an abort in the tick of the request wins over the grant of a free name',
    run: async (world) => {
      const { a, b, name, ask, see } = await stage(world)
      const controller = new AbortController()
      const aborted = ask(a, { signal: controller.signal })
      const reason = new Error('at once')
      controller.abort(reason)
      const next = ask(a)
      expect(await errorOf(aborted.ended)).toBe(reason)
      expect((await next.granted)?.name).toBe(name)
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      expect(aborted.calls).toEqual([])
    },
  },
  {
    id: 'signal-races/same-tick-nothing-left',
    title: 'a request that was aborted in its tick is not shown, and leaves the name free',
    run: async (world) => {
      const { a, b, name, ask, see } = await stage(world)
      const controller = new AbortController()
      const aborted = ask(a, { signal: controller.signal })
      controller.abort()
      await errorOf(aborted.ended)
      // The name may have been granted for a moment, as the specification allows.
      await a.query()
      await world.until(async () => (await see(b)).held.length === 0, 'the name is free')
      expect(await see(a)).toEqual(NOTHING)
      expect(await b.request(name, { ifAvailable: true }, (lock) => lock?.name)).toBe(name)
      expect(aborted.calls).toEqual([])
    },
  },
  {
    id: 'signal-races/same-tick-waiting',
    title: 'an abort in the tick of the request ends its wait',
    run: async (world) => {
      const { a, b, asked, ask, see } = await stage(world)
      const held = await asked(b)
      const controller = new AbortController()
      const aborted = ask(a, { signal: controller.signal })
      controller.abort('at once')
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      expect(await aborted.ended).toEqual({ error: 'at once' })
      held.release()
      await held.ended
      expect(await see(a)).toEqual(NOTHING)
      expect(aborted.calls).toEqual([])
    },
  },
  {
    id: 'signal-races/with-release',
    title: 'an abort in the tick of the release wins over the grant that follows from it',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      const held = ask(a)
      await held.granted
      const controller = new AbortController()
      const aborted = await asked(a, { signal: controller.signal })
      const next = await asked(b)
      held.release()
      controller.abort('too late for the grant')
      expect(await aborted.ended).toEqual({ error: 'too late for the grant' })
      await next.granted
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      expect(aborted.calls).toEqual([])
    },
  },
  {
    id: 'signal-races/lets-the-next-in',
    title: 'an abort lets those in whom only the aborted one kept waiting, of whichever client',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      const reader = ask(a, SHARED)
      await reader.granted
      const controller = new AbortController()
      await asked(a, { signal: controller.signal })
      const behind = [await asked(b, SHARED), await asked(a, SHARED)]
      const writer = await asked(b)
      controller.abort()
      expect(await see(a)).toEqual({ held: ['a shared', 'a shared', 'b shared'], pending: ['b exclusive'] })
      for (const each of behind) expect((await each.granted)?.mode).toBe('shared')
      expect(writer.calls).toEqual([])
    },
  },
  {
    id: 'signal-races/from-the-middle',
    title: 'an abort from the middle of the queue leaves the others where they are',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      const controller = new AbortController()
      const first = await asked(b, SHARED)
      const aborted = await asked(a, { signal: controller.signal })
      const last = await asked(b)
      controller.abort('left')
      expect(await aborted.ended).toEqual({ error: 'left' })
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['b shared', 'b exclusive'] })
      held.release()
      await first.granted
      expect(await see(a)).toEqual({ held: ['b shared'], pending: ['b exclusive'] })
      first.release()
      await last.granted
    },
  },
  {
    id: 'signal-races/ask-again',
    title: 'who aborts and asks again in one tick is at the end of the queue',
    run: async (world) => {
      const { a, b, asked, ask, see } = await stage(world)
      const held = await asked(b)
      const controller = new AbortController()
      await asked(a, { signal: controller.signal })
      await asked(b)
      controller.abort()
      const again = ask(a, SHARED)
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['b exclusive', 'a shared'] })
      expect(again.calls).toEqual([])
      held.release()
      await held.ended
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['a shared'] })
    },
  },
  {
    id: 'signal-races/across-names',
    title: 'whoever sees the effect of a request sees that of the aborts before it, on other names too',
    run: async (world) => {
      const { a, b, name, ask, asked, see } = await stage(world)
      const other = world.uniqueName()
      await asked(b)
      const controller = new AbortController()
      await asked(a, { signal: controller.signal })
      controller.abort()
      ask(a, {}, other)
      await world.until(async () => (await see(b, other)).held.length > 0, 'b sees the request')
      expect(await see(b, name)).toEqual({ held: ['b exclusive'], pending: [] })
    },
  },
  {
    id: 'signal-races/after-a-steal',
    title: 'a holder that was stolen from is rejected for that, though its signal aborts as well',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const controller = new AbortController()
      const held = await asked(a, { signal: controller.signal })
      await held.granted
      await asked(b, STEAL)
      controller.abort('not this')
      await expectStolen(held)
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
    },
  },
  {
    id: 'signal-races/many',
    title: 'of many requests in one tick, every other one aborted, exactly the others are granted, in order',
    run: async (world) => {
      const { a, b, name, see } = await stage(world)
      const granted: number[] = []
      const rejected: unknown[] = []
      const controllers = Array.from({ length: 20 }, () => new AbortController())
      const requests = controllers.map(({ signal }, i) =>
        a.request(name, { signal }, () => void granted.push(i)).catch((error: unknown) => rejected.push(error)),
      )
      for (const [i, controller] of controllers.entries()) if (i % 2 === 0) controller.abort(i)
      await Promise.all(requests)
      expect(granted).toEqual(controllers.map((_, i) => i).filter((i) => i % 2 === 1))
      expect(rejected).toEqual(controllers.map((_, i) => i).filter((i) => i % 2 === 0))
      expect(await see(b)).toEqual(NOTHING)
    },
  },
]
