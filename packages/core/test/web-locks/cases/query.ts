import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { idOf, NOTHING, SHARED, stage } from '../stage.js'

export const queryCases: readonly WebLocksCase[] = [
  {
    id: 'query/empty',
    title: 'without locks and requests, both lists are there and empty',
    run: async (world) => {
      const { a, b } = await stage(world)
      for (const client of [a, b]) expect(await client.query()).toEqual({ held: [], pending: [] })
    },
  },
  {
    id: 'query/properties',
    title: 'a snapshot is plain data: lists of name, mode and clientId',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      await asked(a, SHARED)
      await asked(b)
      const snapshot = await a.query()
      expect(Object.keys(snapshot).sort()).toEqual(['held', 'pending'])
      const [clientA, clientB] = [await idOf(world, a), await idOf(world, b)]
      expect(snapshot).toStrictEqual({
        held: [{ name, mode: 'shared', clientId: clientA }],
        pending: [{ name, mode: 'exclusive', clientId: clientB }],
      })
      expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    },
  },
  {
    id: 'query/fresh',
    title: 'a snapshot stays what it was, and belongs to whoever asked for it',
    run: async (world) => {
      const { a, name, ask, see } = await stage(world)
      const held = ask(a)
      const [one, other] = await Promise.all([a.query(), a.query()])
      expect(one).not.toBe(other)
      one.held?.pop()
      expect(other.held).toHaveLength(1)
      held.release()
      await held.ended
      expect(other.held?.map((info) => info.name)).toEqual([name])
      expect(await see(a)).toEqual(NOTHING)
    },
  },
  {
    id: 'query/client-ids',
    title: 'each client has an id of its own, which every client is shown, always the same',
    run: async (world) => {
      const { a, b, join, asked } = await stage(world)
      const c = await join('c')
      const ids = await Promise.all([a, b, c].map((client) => idOf(world, client)))
      for (const id of ids) {
        expect(id).toBeTypeOf('string')
        expect(id).not.toBe('')
      }
      expect(new Set(ids).size).toBe(3)
      const names = [world.uniqueName(), world.uniqueName()]
      for (const name of names) for (const client of [a, b, c]) await asked(client, SHARED, name)
      for (const viewer of [a, b, c]) {
        const { held = [] } = await viewer.query()
        for (const name of names) {
          const shown = held.filter((info) => info.name === name).map(({ clientId }) => clientId)
          expect(new Set(shown)).toEqual(new Set(ids))
          expect(shown).toHaveLength(ids.length)
        }
      }
    },
  },
  {
    id: 'query/many-names',
    title: 'every name is shown, with its holders and with those who wait, to every client',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const [writers, readers, free] = [world.uniqueName(), world.uniqueName(), world.uniqueName()]
      for (const client of [a, b]) await asked(client, {}, writers)
      for (const client of [b, a]) await asked(client, SHARED, readers)
      await asked(a, {}, readers)
      for (const viewer of [a, b]) {
        expect(await see(viewer, writers)).toEqual({ held: ['a exclusive'], pending: ['b exclusive'] })
        expect(await see(viewer, readers)).toEqual({ held: ['a shared', 'b shared'], pending: ['a exclusive'] })
        expect(await see(viewer, free)).toEqual(NOTHING)
        const { held, pending } = await viewer.query()
        expect([held?.length, pending?.length]).toEqual([3, 2])
      }
    },
  },
  {
    id: 'query/pending-order',
    title: 'those who wait are shown in their order, of all clients and modes',
    run: async (world) => {
      const { a, b, asked, see, join } = await stage(world)
      const c = await join('c')
      await asked(c)
      const requests = [
        [b, 'b', 'shared'],
        [a, 'a', 'exclusive'],
        [c, 'c', 'shared'],
        [a, 'a', 'shared'],
        [b, 'b', 'exclusive'],
        [b, 'b', 'shared'],
      ] as const
      for (const [client, , mode] of requests) await asked(client, { mode })
      for (const viewer of [a, b, c]) {
        expect((await see(viewer)).pending).toEqual(requests.map(([, label, mode]) => `${label} ${mode}`))
      }
    },
  },
  {
    id: 'query/within-callback',
    title: 'a callback sees its own lock',
    run: async (world) => {
      const { a, name, see } = await stage(world)
      expect(await a.request(name, () => see(a))).toEqual({ held: ['a exclusive'], pending: [] })
      expect(await a.request(name, SHARED, () => see(a))).toEqual({ held: ['a shared'], pending: [] })
    },
  },
]
