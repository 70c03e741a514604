import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { SHARED, stage } from '../stage.js'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Requests take effect in the order of the calls. Requests of two clients have an order if one knew of the other. */
export const orderCases: readonly WebLocksCase[] = [
  {
    id: 'order/one-tick',
    title: 'requests of one tick are granted in the order of the calls',
    run: async (world) => {
      const { a, name } = await stage(world)
      const order: number[] = []
      await Promise.all(numbers(30).map((i) => a.request(name, () => void order.push(i))))
      expect(order).toEqual(numbers(30))
    },
  },
  {
    id: 'order/across-clients',
    title: 'requests of several clients are granted in the order in which they were made',
    run: async (world) => {
      const { a, b, asked, see, join } = await stage(world)
      const c = await join('c')
      const turns = [c, a, b, b, c, a]
      const held = await asked(a)
      const all = []
      for (const client of turns) all.push(await asked(client))
      const labels = ['c exclusive', 'a exclusive', 'b exclusive', 'b exclusive', 'c exclusive', 'a exclusive']
      expect((await see(b)).pending).toEqual(labels)
      held.release()
      for (const [i, each] of all.entries()) {
        await each.granted
        expect(await see(a)).toEqual({ held: [labels[i]], pending: labels.slice(i + 1) })
        each.release()
        await each.ended
      }
    },
  },
  {
    id: 'order/callbacks-across-names',
    title: 'free names that are asked for in one tick are granted in the order of the calls',
    run: async (world) => {
      const { a } = await stage(world)
      const order: number[] = []
      const names = numbers(20).map(() => world.uniqueName())
      await Promise.all(names.map((name, i) => a.request(name, () => void order.push(i))))
      expect(order).toEqual(numbers(20))
    },
  },
  {
    id: 'order/effects-across-names',
    title: 'whoever sees the effect of a request sees that of the ones made before it, on other names too',
    run: async (world) => {
      const { a, b, ask } = await stage(world)
      const names = numbers(20).map(() => world.uniqueName())
      for (const name of names) ask(a, {}, name)
      let last = -1
      await world.until(async () => {
        const shown = new Set((await b.query()).held?.map(({ name }) => name))
        const places = names.map((name) => shown.has(name))
        // A snapshot of many names need not be of one moment. But locks of an earlier snapshot must be in a later one.
        expect(places.slice(0, last + 1)).not.toContain(false)
        last = places.lastIndexOf(true)
        return last === names.length - 1
      }, 'the other client sees every lock')
    },
  },
  {
    id: 'order/steals-across-names',
    title: 'whoever sees a steal sees the requests and the steals made before it, on other names too',
    run: async (world) => {
      const { a, b, name, ask, asked, see } = await stage(world)
      const [other, third] = [world.uniqueName(), world.uniqueName()]
      await asked(b)
      await asked(b, {}, third)
      ask(a)
      ask(a, {}, other)
      ask(a, { steal: true }, third)
      await world.until(async () => (await see(b, third)).held.includes('a exclusive'), 'b sees the steal')
      expect(await see(b, other)).toEqual({ held: ['a exclusive'], pending: [] })
      expect(await see(b, name)).toEqual({ held: ['b exclusive'], pending: ['a exclusive'] })
    },
  },
  {
    id: 'order/null-and-grants',
    title: 'the callbacks of grants and of nulls come in the order of the calls',
    run: async (world) => {
      const { a, b, asked, name } = await stage(world)
      await asked(b)
      const order: string[] = []
      const names = numbers(5).map(() => world.uniqueName())
      const calls = names.flatMap((free) => [
        a.request(free, () => void order.push(free)),
        a.request(name, { ifAvailable: true }, (lock) => void order.push(lock?.name ?? 'null')),
      ])
      await Promise.all(calls)
      expect(order).toEqual(names.flatMap((free) => [free, 'null']))
    },
  },
  {
    id: 'order/from-callbacks',
    title: 'a request made in a callback comes after those made before it',
    run: async (world) => {
      const { a, name } = await stage(world)
      const order: string[] = []
      let inner: Promise<void> | undefined
      const first = a.request(name, () => {
        inner = a.request(name, () => void order.push('inner'))
      })
      const second = a.request(name, () => void order.push('second'))
      await Promise.all([first, second])
      await inner
      expect(order).toEqual(['second', 'inner'])
    },
  },
  {
    id: 'order/after-release',
    title: 'who asks when a holder releases comes after those who wait',
    run: async (world) => {
      const { a, b, asked, ask, see } = await stage(world)
      const held = await asked(a)
      const waiting = await asked(b)
      held.release()
      const late = ask(a)
      await held.ended
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['a exclusive'] })
      waiting.release()
      await late.granted
      expect(waiting.calls).toHaveLength(1)
    },
  },
  {
    id: 'order/modes-and-ends',
    title: 'readers that are granted together are called in the order of their requests',
    needsOrder: true,
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      const held = await asked(b)
      const order: number[] = []
      const readers = numbers(10).map((i) => a.request(name, SHARED, () => void order.push(i)))
      await a.query()
      held.release()
      await Promise.all(readers)
      expect(order).toEqual(numbers(10))
    },
  },
]
