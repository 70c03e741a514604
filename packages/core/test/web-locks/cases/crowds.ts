import { setMaxListeners } from 'node:events'
import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { NOTHING, SHARED, stage } from '../stage.js'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

export const crowdCases: readonly WebLocksCase[] = [
  {
    id: 'crowds/exclusion',
    title: 'of many requests of several clients at once, no two hold the name together',
    run: async (world) => {
      const { a, b, name, see, join } = await stage(world)
      const clients = [a, b, await join('c')]
      let inside = 0
      let most = 0
      const callback = async (): Promise<void> => {
        most = Math.max(most, ++inside)
        await Promise.resolve()
        inside--
      }
      await Promise.all(numbers(60).map((i) => (clients[i % clients.length] as LockManager).request(name, callback)))
      expect(most).toBe(1)
      expect(await see(a)).toEqual(NOTHING)
    },
  },
  {
    id: 'crowds/own-order',
    title: 'of many requests of several clients at once, those of each client are granted in its order',
    run: async (world) => {
      const { a, b, name } = await stage(world)
      const order: number[] = []
      await Promise.all(numbers(60).map((i) => (i % 2 === 0 ? a : b).request(name, () => void order.push(i))))
      expect(order.filter((i) => i % 2 === 0)).toEqual(numbers(30).map((i) => 2 * i))
      expect(order.filter((i) => i % 2 === 1)).toEqual(numbers(30).map((i) => 2 * i + 1))
    },
  },
  {
    id: 'crowds/readers-and-writers',
    title: 'of many readers and writers of several clients at once, no writer is beside anybody',
    run: async (world) => {
      const { a, b, name, see } = await stage(world)
      const inside = { shared: 0, exclusive: 0 }
      const mistakes: object[] = []
      const callback = async (lock: Lock | null): Promise<void> => {
        const { mode } = lock as Lock
        inside[mode]++
        if (inside.exclusive > 1 || inside.exclusive * inside.shared > 0) mistakes.push({ ...inside })
        await Promise.resolve()
        inside[mode]--
      }
      await Promise.all(numbers(60).map((i) => (i % 2 === 0 ? a : b).request(name, i % 5 < 3 ? SHARED : {}, callback)))
      expect(mistakes).toEqual([])
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'crowds/names',
    title: 'hundreds of names can be asked for in one tick, are all shown, and all granted in order',
    run: async (world) => {
      const { a, b, world: origin, asked } = await stage(world)
      const names = numbers(300).map(() => origin.uniqueName())
      const kept = names.slice(0, 50)
      const rivals = []
      for (const name of kept) rivals.push(await asked(b, {}, name))
      const order: string[] = []
      const requests = names.map((name) => a.request(name, () => void order.push(name)))
      const { held = [], pending = [] } = await a.query()
      const shown = [...held, ...pending].map((info) => info.name)
      for (const name of kept) expect(shown).toContain(name)
      expect(new Set(pending.map((info) => info.name))).toEqual(new Set(kept))
      expect(pending).toHaveLength(kept.length)
      await Promise.all(requests.slice(kept.length))
      expect(order).toEqual(names.slice(kept.length))
      for (const rival of rivals) rival.release()
      await Promise.all(requests)
      expect(order.toSorted()).toEqual(names.toSorted())
    },
  },
  {
    id: 'crowds/aborted-together',
    title: 'hundreds of requests can wait with one signal, and are all rejected by its abort',
    run: async (world) => {
      const { a, b, ask, asked, see } = await stage(world)
      await asked(b)
      const controller = new AbortController()
      setMaxListeners(0, controller.signal)
      const waiting = numbers(300).map((i) => ask(a, { signal: controller.signal, ...(i % 3 === 0 ? SHARED : {}) }))
      expect((await see(a)).pending).toHaveLength(300)
      controller.abort('enough')
      for (const { ended } of waiting) expect(await ended).toEqual({ error: 'enough' })
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
    },
  },
]
