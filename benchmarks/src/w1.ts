import type { Contender, Locks } from './locks/contender.js'
import { contender } from './locks/index.js'
import { alternate, type Block } from './measure/alternate.js'
import { pair, repeat } from './measure/blocks.js'
import { commandCounts, executedOf } from './measure/commands.js'
import { pin, placements, type Placement } from './measure/pin.js'
import type { Figure } from './measure/stats.js'
import type { Row, Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

const BLOCK_MS = 25
const NAMES = 16
const COUNTED = 100
const TERMS = { ttlMs: 10_000, waitMs: 1_000 }

const OVER_IOREDIS = [
  'raw-ioredis',
  'holdfast',
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

/** W1: what a lock adds to the two round trips that it cannot avoid. */
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
  const { options, clients } = bench
  const warm = placement !== placements(bench.server.pid).possible[0]
  const contenders = ids.filter((id, i) => i === 0 || options.wanted(id)).map(contender)
  const opened = contenders.map((each) => ({ each, locks: each.open(clients, TERMS) }))
  const [first] = opened
  if (first === undefined) throw new Error('W1 needs a baseline')
  const baseline = blockOf(first)
  const blocks = new Map(opened.map((one) => [one, { baseline, contender: one === first ? baseline : blockOf(one) }]))
  const rows: Row[] = []
  for (const [one, ratios] of await alternate(
    blocks,
    options.rounds(60, 10),
    warm ? options.warmUpMs.warm : options.warmUpMs.cold,
  )) {
    const { label, kind } = one.each
    const figures = { ...ratios, commands: await commandsOfPair(bench, one) }
    rows.push({ label: one === first ? `${label} (A/A)` : label, kind, figures })
    await one.locks.close?.()
  }
  const { client } = first.each
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

interface Opened {
  readonly each: Contender
  readonly locks: Locks
}

function blockOf({ each, locks }: Opened): Block {
  let turn = 0
  return () => repeat(() => pair(locks, `bench:w1:${each.id}:${turn++ % NAMES}`), BLOCK_MS)
}

async function commandsOfPair({ clients }: Bench, { each, locks }: Opened): Promise<Figure> {
  const before = await commandCounts(clients.ioredis)
  for (let i = 0; i < COUNTED; i++) await pair(locks, `bench:w1:${each.id}:0`)
  const after = await commandCounts(clients.ioredis)
  return { value: executedOf(each.sends, before, after) / COUNTED }
}

await runAlone(import.meta.filename, w1)
