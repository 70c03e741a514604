import { contender } from './locks/index.js'
import { alternate } from './measure/alternate.js'
import { crowd, pairLoops } from './measure/blocks.js'
import type { Row, Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

const CONTENDERS = [
  'raw-ioredis',
  'raw-pipelined',
  'holdfast',
  'holdfast-unfenced',
  'ref-fenced',
  'verrou',
  'redis-semaphore',
  'redlock-universal-lean',
  'redlock-universal',
  'redlock',
]
const LOOPS = [64, 512]
/** The length of a block, long enough that the loops which end last do not count. */
const BLOCK_MS = 100
const TERMS = { ttlMs: 10_000, waitMs: 1_000 }

/** W2: many loops at once, each on a name of its own. */
export async function w2(bench: Bench): Promise<Section[]> {
  const sections: Section[] = []
  for (const loops of LOOPS) sections.push(await section(bench, loops))
  return sections
}

async function section({ options, clients }: Bench, loops: number): Promise<Section> {
  const opened = CONTENDERS.filter((id, i) => i === 0 || options.wanted(id)).map((id) => {
    const each = contender(id)
    const locks = each.open(clients, TERMS)
    const names = Array.from({ length: loops }, (_, i) => `bench:w2:${id}:${i}`)
    return { each, locks, block: () => crowd(pairLoops(locks, names), BLOCK_MS) }
  })
  const baseline = opened[0]?.block
  if (baseline === undefined) throw new Error('W2 needs a baseline')
  const blocks = new Map(opened.map((one) => [one, { baseline, contender: one.block }]))
  const rows: Row[] = []
  for (const [one, figures] of await alternate(
    blocks,
    options.rounds(30, 4),
    loops === LOOPS[0] ? options.warmUpMs.cold : options.warmUpMs.warm,
  )) {
    const { label, kind } = one.each
    rows.push({ label: one === opened[0] ? `${label} (A/A)` : label, kind, figures })
    await one.locks.close?.()
  }
  return {
    workload: 'W2',
    title: `${loops} concurrent loops on distinct names, ioredis`,
    about:
      'Pairs of acquire and release per second, and the CPU of the client for one, as multiples of the bare client.',
    columns: [
      { key: 'rate', title: 'pairs/s x bare', digits: 2, chart: 'linear', better: 'more' },
      { key: 'cpu', title: 'CPU x bare', digits: 2 },
    ],
    rows,
  }
}

await runAlone(import.meta.filename, w2)
