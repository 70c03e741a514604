import { expect } from 'vitest'
import { ending } from '../ask.js'
import type { WebLocksCase } from '../case.js'
import { expectStolen, IF_AVAILABLE, NOTHING, SHARED, stage, STEAL } from '../stage.js'

/** A release takes effect in order: after the calls that its client made before the callback ended. */
export const releaseOrderCases: readonly WebLocksCase[] = [
  {
    id: 'release-order/requests',
    title: 'a free name that was asked for before the callback ended is granted before the released one',
    run: async (world) => {
      const { a, name } = await stage(world)
      const free = world.uniqueName()
      const order: string[] = []
      const requests: Promise<void>[] = []
      await a.request(name, () => {
        requests.push(a.request(name, () => void order.push('released')))
        requests.push(a.request(free, () => void order.push('free')))
      })
      await Promise.all(requests)
      expect(order).toEqual(['free', 'released'])
    },
  },
  {
    id: 'release-order/failures',
    title: 'the same when the callback fails',
    run: async (world) => {
      const { a, name } = await stage(world)
      const free = world.uniqueName()
      const order: string[] = []
      const requests: Promise<void>[] = []
      const failed = a.request(name, () => {
        requests.push(a.request(name, () => void order.push('released')))
        requests.push(a.request(free, () => void order.push('free')))
        throw new Error('of the callback')
      })
      expect(await ending(failed)).toHaveProperty('error')
      await Promise.all(requests)
      expect(order).toEqual(['free', 'released'])
    },
  },
  {
    id: 'release-order/other-clients',
    title: 'a name that was asked for before the callback ended is granted before another client has the released one',
    run: async (world) => {
      const { a, b, name, ask, asked } = await stage(world)
      const names = Array.from({ length: 5 }, () => world.uniqueName())
      const held = await asked(a)
      await held.granted
      const seen = b.request(name, async () => {
        const { held: shown = [] } = await b.query()
        return names.filter((each) => shown.some((info) => info.name === each))
      })
      await b.query()
      for (const each of names) ask(a, {}, each)
      held.release()
      expect(await seen).toEqual(names)
    },
  },
  {
    id: 'release-order/if-available',
    title: 'a name that its holder asks for before the callback ends is not available',
    run: async (world) => {
      const { a, name } = await stage(world)
      const free = world.uniqueName()
      let inner: Promise<boolean> | undefined
      await a.request(name, () => {
        void a.request(free, () => {})
        inner = a.request(name, IF_AVAILABLE, (lock) => lock === null)
      })
      expect(await inner).toBe(true)
    },
  },
  {
    id: 'release-order/steal',
    title: 'a lock that was stolen before the callback ended is rejected, though the callback ends in the same tick',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      const held = await asked(a)
      await held.granted
      const stealer = ask(a, STEAL)
      held.release()
      await expectStolen(held)
      await stealer.granted
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
    },
  },
  {
    id: 'release-order/query',
    title: 'a snapshot that was asked for before the callback ended shows the lock',
    run: async (world) => {
      const { a, name, ask, asked } = await stage(world)
      const held = await asked(a)
      await held.granted
      ask(a, {}, world.uniqueName())
      const snapshot = a.query()
      held.release()
      expect((await snapshot).held?.some((info) => info.name === name)).toBe(true)
    },
  },
  {
    id: 'release-order/abort',
    title: 'a waiter that was aborted before the callback ended does not get the lock, the next one does',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      const held = await asked(a)
      const controller = new AbortController()
      const aborted = await asked(a, { signal: controller.signal })
      const next = await asked(b, SHARED)
      ask(a, {}, world.uniqueName())
      controller.abort('aborted')
      held.release()
      expect(await aborted.ended).toEqual({ error: 'aborted' })
      await next.granted
      await a.query()
      expect(await see(b)).toEqual({ held: ['b shared'], pending: [] })
      expect(aborted.calls).toEqual([])
    },
  },
  {
    id: 'release-order/many',
    title: 'locks that are released in one tick are free when their requests have settled',
    run: async (world) => {
      const { a, b, ask, see } = await stage(world)
      const held = Array.from({ length: 20 }, () => ask(a, SHARED))
      await Promise.all(held.map(({ granted }) => granted))
      for (const [i, each] of held.entries()) each.release(i)
      expect(await Promise.all(held.map(({ ended }) => ended))).toEqual(held.map((_, value) => ({ value })))
      expect(await see(b)).toEqual(NOTHING)
    },
  },
]
