import { contender } from './locks/index.js'
import { alternate } from './measure/alternate.js'
import { crowd, repeat } from './measure/blocks.js'
import { commandCounts, executedOf } from './measure/commands.js'
import type { Row, Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

const OVER_IOREDIS = [
  'raw-ioredis',
  'layer-scripts',
  'layer-backend',
  'holdfast',
  'verrou',
  'redis-semaphore',
  'redlock-universal-lean',
  'redlock-universal',
  'redlock',
]
const OVER_NODE_REDIS = ['raw-node-redis', 'holdfast-node-redis', 'simple-redis-mutex']
/** The number of loops that try at once. */
const LOOPS = [1, 64]
const BLOCK_MS = 25
const COUNTED = 20
const TERMS = { ttlMs: 600_000, waitMs: 1_000 }

/** W6: tries on a name that another user holds, one after the other and many at once. */
export async function w6(bench: Bench): Promise<Section[]> {
  const sections: Section[] = []
  for (const loops of LOOPS) {
    for (const ids of [OVER_IOREDIS, OVER_NODE_REDIS]) sections.push(await section(bench, ids, loops))
  }
  return sections
}

async function section({ options, clients }: Bench, ids: readonly string[], loops: number): Promise<Section> {
  const opened = await Promise.all(
    ids
      .filter((id, i) => i === 0 || options.wanted(id))
      .map(async (id) => {
        const each = contender(id)
        const locks = each.open(clients, TERMS)
        const name = `bench:w6:${id}`
        const held = await locks.acquire(name)
        const refusal = async (): Promise<void> => {
          if ((await locks.tryAcquire(name)) !== null) throw new Error(`${id} was granted a name that was held`)
        }
        const tries = Array.from({ length: loops }, () => refusal)
        const block = loops === 1 ? () => repeat(refusal, BLOCK_MS) : () => crowd(tries, BLOCK_MS)
        return { each, locks, held, refusal, block }
      }),
  )
  const [first] = opened
  if (first === undefined) throw new Error('W6 needs a baseline')
  const blocks = new Map(opened.map((one) => [one, { baseline: first.block, contender: one.block }]))
  const rows: Row[] = []
  for (const [one, ratios] of await alternate(blocks, options.rounds(40, 8), options.warmUpMs.cold)) {
    const { label, kind, sends } = one.each
    const before = await commandCounts(clients.ioredis)
    for (let i = 0; i < COUNTED; i++) await one.refusal()
    const value = executedOf(sends, before, await commandCounts(clients.ioredis)) / COUNTED
    const figures = { ...ratios, commands: { value } }
    rows.push({ label: one === first ? `${label} (A/A)` : label, kind, figures })
    await one.held.release()
    await one.locks.close?.()
  }
  return {
    workload: 'W6',
    title: `${loops === 1 ? 'one try' : `${loops} tries at once`} on a held name, ${first.each.client}`,
    about: `Refusals${loops === 1 ? ' one after the other' : ''}: tries per second and the client's CPU for one, as multiples of SET NX by the bare client.`,
    columns: [
      { key: 'rate', title: 'tries/s x bare', digits: 3, chart: 'linear', better: 'more' },
      { key: 'cpu', title: 'CPU x bare', digits: 2 },
      { key: 'commands', title: 'commands', digits: 1 },
    ],
    rows,
  }
}

await runAlone(import.meta.filename, w6)
