import { playHistories } from '../../histories/run.js'
import type { ConformanceCase } from '../../suite/case.js'

/** Pairs of names that a store could take for one name. */
const ALIKE: readonly ((unique: string) => readonly [string, string])[] = [
  (unique) => [`${unique}/Case`, `${unique}/case`],
  (unique) => [`${unique}/*`, `${unique}/x`],
  (unique) => [`${unique}/é`, `${unique}/e\u0301`],
  (unique) => [`${unique}/name`, `${unique}/name `],
  (unique) => [`${unique.padEnd(290, '.')}1`, `${unique.padEnd(290, '.')}2`],
  (unique) => [`${unique}/%41`, `${unique}/A`],
]

/** Random calls through two handles, some at the same time, judged by a model of the contract. */
export const histories: readonly ConformanceCase[] = [
  {
    id: 'histories/exclusive',
    title: 'some order of the calls explains every answer: exclusive leases',
    run: (world) => playHistories(world),
  },
  {
    id: 'histories/long-owners',
    title: 'some order of the calls explains every answer: owners of 300 characters that differ in the last',
    run: (world) =>
      playHistories(world, {
        exactly: 8,
        really: 1,
        ownerOf: (unique, index) => `${unique.slice(0, -1)}${index}`.padStart(300, '.'),
      }),
  },
  {
    id: 'histories/alike-names',
    title: 'some order of the calls explains every answer: names that are alike',
    run: async (world) => {
      for (const names of ALIKE)
        await playHistories(world, {
          exactly: 2,
          really: 1,
          length: 14,
          nameOf: (unique, index) => names(unique)[index] ?? unique,
        })
    },
  },
  {
    id: 'histories/fences',
    title: 'some order of the calls explains every answer: reserved fences',
    requires: ['fencing'],
    run: (world) => playHistories(world, { fences: true }),
  },
  {
    id: 'histories/line',
    title: 'some order of the calls explains every answer: a line',
    requires: ['line'],
    run: (world) => playHistories(world, { line: true, fences: true, exactly: 40 }),
  },
  {
    id: 'histories/shared',
    title: 'some order of the calls explains every answer: shared leases, limits and downgrades',
    requires: ['shared'],
    run: (world) => playHistories(world, { shared: true, fences: true }),
  },
  {
    id: 'histories/shared-line',
    title: 'some order of the calls explains every answer: shared and exclusive claims in one line',
    requires: ['shared', 'line'],
    run: (world) => playHistories(world, { shared: true, line: true, fences: true, exactly: 40 }),
  },
  {
    id: 'histories/list',
    title: 'some order of the calls explains every answer: listings beside other calls',
    requires: ['list'],
    run: (world) => {
      const { shared, line } = world.a.capabilities
      return playHistories(world, { list: true, shared, line })
    },
  },
]
