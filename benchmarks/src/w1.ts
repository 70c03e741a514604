import { contender } from './locks/index.js'
import { pairRows } from './measure/pairs.js'
import { pin, placements, type Placement } from './measure/pin.js'
import type { Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

const PAIRS = { prefix: 'bench:w1', names: 16, terms: { ttlMs: 10_000, waitMs: 1_000 }, blockMs: 25, counted: 100 }

const OVER_IOREDIS = [
  'raw-ioredis',
  'holdfast',
  'layer-backend',
  'layer-scripts',
  'holdfast-unfenced',
  'holdfast-watching',
  'ref-fenced',
  'verrou',
  'redis-semaphore',
  'redlock-universal-lean',
  'redlock-universal',
  'redlock-universal-using',
  'redlock',
  'redlock-using',
]
const OVER_NODE_REDIS = ['raw-node-redis', 'holdfast-node-redis', 'holdfast-node-redis-unfenced', 'simple-redis-mutex']

/** W1: the cost that a lock adds to the two round trips that it cannot avoid. */
export async function w1(bench: Bench): Promise<Section[]> {
  const { possible, why } = placements(bench.server.pid)
  const sections: Section[] = []
  for (const placement of possible) {
    pin(placement, bench.server.pid)
    for (const ids of [OVER_IOREDIS, OVER_NODE_REDIS]) sections.push(await section(bench, ids, placement, why))
  }
  return sections
}

async function section(bench: Bench, ids: readonly string[], placement: Placement, why: string): Promise<Section> {
  const { options } = bench
  const warm = placement !== placements(bench.server.pid).possible[0]
  const contenders = ids.filter((id, i) => i === 0 || options.wanted(id)).map(contender)
  const warmUpMs = warm ? options.warmUpMs.warm : options.warmUpMs.cold
  const rows = await pairRows(bench, contenders, { ...PAIRS, warmUpMs })
  const client = contenders[0]?.client ?? ''
  return {
    workload: 'W1',
    title: `uncontended acquire and release, ${client}, client and server on ${placement === 'unpinned' ? 'any cores' : placement}`,
    about:
      `One pair after the other: the median time and the client's CPU, as multiples of the bare ${client}. ${why}`.trim(),
    columns: [
      { key: 'p50', title: 'p50 x bare', digits: 2, chart: 'linear', better: 'less' },
      { key: 'cpu', title: 'CPU x bare', digits: 2, chart: 'linear', better: 'less' },
      { key: 'commands', title: 'commands', digits: 1 },
    ],
    rows,
  }
}

await runAlone(import.meta.filename, w1)
