import { playHistories } from '../../histories/run.js'
import type { ConformanceCase } from '../../suite/case.js'

/** Random calls through two handles, some at the same time, judged by a model of the contract. */
export const histories: readonly ConformanceCase[] = [
  {
    id: 'histories/exclusive',
    title: 'some order of the calls explains every answer: exclusive leases',
    run: (world) => playHistories(world),
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
    run: (world) => playHistories(world, { line: true, fences: true }),
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
    run: (world) => playHistories(world, { shared: true, line: true, fences: true }),
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
