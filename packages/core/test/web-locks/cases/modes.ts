import { expect } from 'vitest'
import type { WebLocksCase } from '../case.js'
import { SHARED, stage } from '../stage.js'

/** Shared and exclusive locks of one name. */
export const modeCases: readonly WebLocksCase[] = [
  {
    id: 'modes/shared-together',
    title: 'shared locks are held together, by several clients and by one',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const all = [await asked(a, SHARED), await asked(b, SHARED), await asked(a, SHARED)]
      await Promise.all(all.map(({ granted }) => granted))
      expect(await see(b)).toEqual({ held: ['a shared', 'a shared', 'b shared'], pending: [] })
    },
  },
  {
    id: 'modes/exclusive-after-shared',
    title: 'an exclusive lock waits for every shared one',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const readers = [await asked(a, SHARED), await asked(b, SHARED)] as const
      const writer = await asked(a)
      readers[0].release()
      await readers[0].ended
      expect(await see(a)).toEqual({ held: ['b shared'], pending: ['a exclusive'] })
      expect(writer.calls).toEqual([])
      readers[1].release()
      await readers[1].ended
      expect((await writer.granted)?.mode).toBe('exclusive')
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
    },
  },
  {
    id: 'modes/shared-after-exclusive',
    title: 'a shared lock waits for the exclusive one',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const writer = await asked(a)
      const reader = await asked(b, SHARED)
      expect(await see(a)).toEqual({ held: ['a exclusive'], pending: ['b shared'] })
      expect(reader.calls).toEqual([])
      writer.release()
      expect((await reader.granted)?.mode).toBe('shared')
    },
  },
  {
    id: 'modes/no-overtaking',
    title: 'a shared lock does not overtake an exclusive one that waits',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const first = await asked(a, SHARED)
      const writer = await asked(b)
      const late = [await asked(a, SHARED), await asked(b, SHARED)] as const
      expect(await see(a)).toEqual({ held: ['a shared'], pending: ['b exclusive', 'a shared', 'b shared'] })
      first.release()
      await writer.granted
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['a shared', 'b shared'] })
      expect(late.flatMap(({ calls }) => calls)).toEqual([])
      writer.release()
      await Promise.all(late.map(({ granted }) => granted))
    },
  },
  {
    id: 'modes/adjacent-readers',
    title: 'when a holder has settled, all readers in front of the next writer are held, of whichever client',
    run: async (world) => {
      const { a, b, asked, see, join } = await stage(world)
      const c = await join('c')
      const held = await asked(a)
      for (const reader of [b, a, c, b]) await asked(reader, SHARED)
      const writer = await asked(a)
      await asked(b, SHARED)
      held.release()
      await held.ended
      for (const viewer of [a, b, c]) {
        expect(await see(viewer)).toEqual({
          held: ['a shared', 'b shared', 'b shared', 'c shared'],
          pending: ['a exclusive', 'b shared'],
        })
      }
      expect(writer.calls).toEqual([])
    },
  },
  {
    id: 'modes/next-writer',
    title: 'when a holder has settled, the next writer is held, of whichever client',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const first = await asked(a)
      const second = await asked(b)
      const third = await asked(a)
      first.release()
      await first.ended
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: ['a exclusive'] })
      second.release()
      await second.ended
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      await third.granted
    },
  },
  {
    id: 'modes/readers-between-writers',
    title: 'readers that are apart in the queue are let in apart',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const modes = ['exclusive', 'shared', 'shared', 'exclusive', 'shared', 'exclusive'] as const
      const all = []
      for (const [i, mode] of modes.entries()) all.push(await asked(i % 2 === 0 ? a : b, { mode }))
      const seen: string[][] = []
      for (const each of all) {
        await each.granted
        seen.push([...(await see(a)).held])
        each.release()
        await each.ended
      }
      expect(seen).toEqual([
        ['a exclusive'],
        ['a shared', 'b shared'],
        ['a shared'],
        ['b exclusive'],
        ['a shared'],
        ['b exclusive'],
      ])
    },
  },
  {
    id: 'modes/reader-joins-readers',
    title: 'while only readers hold and nobody waits, another reader joins them',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const writer = await asked(a)
      const reader = await asked(b, SHARED)
      writer.release()
      await reader.granted
      const late = await asked(a, SHARED)
      expect((await late.granted)?.mode).toBe('shared')
      expect(await see(b)).toEqual({ held: ['a shared', 'b shared'], pending: [] })
    },
  },
]
