import type { Contender, Locks } from './locks/contender.js'
import { holdfastSeveral, rawSeveral, redlockSeveral, TOGETHER } from './locks/several.js'
import { alternate, type Block } from './measure/alternate.js'
import { pair, repeat } from './measure/blocks.js'
import { commandCounts, executedOf } from './measure/commands.js'
import type { Figure } from './measure/stats.js'
import type { Row, Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

const CONTENDERS = [rawSeveral, holdfastSeveral, redlockSeveral]
const BLOCK_MS = 40
/** How many sets of names take turns. */
const SETS = 16
const COUNTED = 50
const TERMS = { ttlMs: 10_000, waitMs: 1_000 }

/** W7: eight free names in one acquisition, all or none. */
export async function w7(bench: Bench): Promise<Section[]> {
  const { options, clients } = bench
  const chosen = CONTENDERS.filter(({ id }, i) => i === 0 || options.wanted(id))
  const opened = chosen.map((each) => ({ each, locks: each.open(clients, TERMS) }))
  const [first] = opened
  if (first === undefined) throw new Error('W7 needs a baseline')
  const baseline = blockOf(first)
  const blocks = new Map(opened.map((one) => [one, { baseline, contender: one === first ? baseline : blockOf(one) }]))
  const rows: Row[] = []
  for (const [one, ratios] of await alternate(blocks, options.rounds(60, 10), options.warmUpMs.cold)) {
    const { label, kind } = one.each
    const figures = { ...ratios, commands: await commandsOfPair(bench, one) }
    rows.push({ label: one === first ? `${label} (A/A)` : label, kind, figures })
    await one.locks.close?.()
  }
  return [
    {
      workload: 'W7',
      title: `${TOGETHER} names in one acquisition, ioredis`,
      about: `All of ${TOGETHER} free names, and their release: the median time and the client's CPU, as multiples of the bare client, which takes each by itself, side by side.`,
      columns: [
        { key: 'p50', title: 'p50 x bare', digits: 2, chart: 'linear', better: 'less' },
        { key: 'cpu', title: 'CPU x bare', digits: 2 },
        { key: 'commands', title: 'commands', digits: 1 },
      ],
      rows,
    },
  ]
}

interface Opened {
  readonly each: Contender
  readonly locks: Locks
}

function blockOf({ each, locks }: Opened): Block {
  let turn = 0
  return () => repeat(() => pair(locks, `bench:w7:${each.id}:${turn++ % SETS}`), BLOCK_MS)
}

async function commandsOfPair({ clients }: Bench, { each, locks }: Opened): Promise<Figure> {
  const before = await commandCounts(clients.ioredis)
  for (let i = 0; i < COUNTED; i++) await pair(locks, `bench:w7:${each.id}:0`)
  const after = await commandCounts(clients.ioredis)
  return { value: executedOf(each.sends, before, after) / COUNTED }
}

await runAlone(import.meta.filename, w7)
