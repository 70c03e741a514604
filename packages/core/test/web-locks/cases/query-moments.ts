import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { expectStolen, IF_AVAILABLE, NOTHING, SHARED, stage, STEAL } from '../stage.js'

/** A snapshot shows exactly the calls before it. Each case calls `query` in the same tick as another call. */
export const queryMomentCases: readonly WebLocksCase[] = [
  {
    id: 'query-moments/request',
    title: 'directly after a request for a free name it is shown as held, with or without further requests',
    run: async (world) => {
      const { a, ask, see } = await stage(world)
      ask(a)
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: [] })
      ask(a, SHARED)
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['a shared'] })
    },
  },
  {
    id: 'query-moments/waiting',
    title: 'directly after a request for a name of another client it is shown as waiting',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      await asked(b)
      ask(a, SHARED)
      ask(a)
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['a shared', 'a exclusive'] })
    },
  },
  {
    id: 'query-moments/calls-after',
    title: 'what was called after the query is not shown by it, though in the same tick',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      const other = world.uniqueName()
      const held = await asked(b, {}, other)
      const before = see(a)
      ask(a)
      const between = see(a)
      ask(a, SHARED)
      const beforeSteal = see(a, other)
      ask(a, STEAL, other)
      const after = see(a, other)
      expect(await before).toEqual(NOTHING)
      expect(await between).toEqual({ held: ['a exclusive'], pending: [] })
      expect(await beforeSteal).toEqual({ held: ['b exclusive'], pending: [] })
      expect(await after).toEqual({ held: ['a exclusive'], pending: [] })
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['a shared'] })
      await expectStolen(held)
    },
  },
  {
    id: 'query-moments/abort',
    title: 'directly after an abort the request is not shown any more, and who comes next is held',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      await asked(b, SHARED)
      const controller = new AbortController()
      ask(a, { signal: controller.signal })
      ask(a, SHARED)
      expect(await see(a)).toEqual({ held: ['b shared'], pending: ['a exclusive', 'a shared'] })
      controller.abort()
      expect(await see(a)).toEqual({ held: ['a shared', 'b shared'], pending: [] })
    },
  },
  {
    id: 'query-moments/steal',
    title: 'directly after a steal the stealer is shown as the only holder',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      const victims = [await asked(b, SHARED), await asked(a, SHARED)]
      await asked(b)
      ask(a, STEAL)
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['b exclusive'] })
      for (const victim of victims) await expectStolen(victim)
    },
  },
  {
    id: 'query-moments/release',
    title: 'directly after a request has settled its lock is not shown any more, to any client',
    run: async (world) => {
      const { a, b, ask, see } = await stage(world)
      for (const viewer of [a, b]) {
        const held = ask(a)
        await held.granted
        held.release()
        await held.ended
        expect(await see(viewer)).toEqual(NOTHING)
      }
    },
  },
  {
    id: 'query-moments/nothing-asked',
    title: 'requests that were refused, aborted beforehand or not available are not shown',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      await asked(b)
      ask(a, IF_AVAILABLE)
      ask(a, { signal: AbortSignal.abort() })
      ask(a, { steal: true, ifAvailable: true })
      ask(a, {}, '-')
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      expect((await a.query()).pending).toEqual([])
      expect((await b.query()).held).toHaveLength(1)
    },
  },
  {
    id: 'query-moments/known-to-others',
    title: 'once a client has seen its own request, every other client does',
    run: async (world) => {
      const { a, b, ask, see, join } = await stage(world)
      const c = await join('c')
      ask(a)
      await a.query()
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      ask(b)
      await b.query()
      for (const viewer of [a, c])
        expect(await see(viewer)).toEqual({ held: ['a exclusive'], pending: ['b exclusive'] })
    },
  },
]
