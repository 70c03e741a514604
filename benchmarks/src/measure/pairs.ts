import type { Contender, Locks, Terms } from '../locks/contender.js'
import type { Row } from '../report/section.js'
import type { Bench } from '../workload.js'
import { alternate, type Block } from './alternate.js'
import { pair, repeat } from './blocks.js'
import { commandCounts, executedOf } from './commands.js'
import type { Figure } from './stats.js'

/** How pairs of acquire and release are measured, one after the other. */
export interface PairSettings {
  /** The beginning of all names. */
  readonly prefix: string
  /** How many names take turns. */
  readonly names: number
  readonly terms: Terms
  readonly blockMs: number
  /** The number of pairs over which the commands of a pair are counted. */
  readonly counted: number
  readonly warmUpMs: number
}

interface Opened {
  readonly each: Contender
  readonly locks: Locks
}

/**
 * A row for each contender: its figures as multiples of those of the first contender, the baseline. The baseline's own
 * row is the control.
 */
export async function pairRows(bench: Bench, contenders: readonly Contender[], settings: PairSettings): Promise<Row[]> {
  const { options, clients } = bench
  const opened = contenders.map((each) => ({ each, locks: each.open(clients, settings.terms) }))
  const [first] = opened
  if (first === undefined) throw new Error('pairs need a baseline')
  const baseline = blockOf(first, settings)
  const blocks = new Map(
    opened.map((one) => [one, { baseline, contender: one === first ? baseline : blockOf(one, settings) }]),
  )
  const rows: Row[] = []
  for (const [one, ratios] of await alternate(blocks, options.rounds(60, 10), settings.warmUpMs)) {
    const { label, kind } = one.each
    const figures = { ...ratios, commands: await commandsOfPair(bench, one, settings) }
    rows.push({ label: one === first ? `${label} (A/A)` : label, kind, figures })
    await one.locks.close?.()
  }
  return rows
}

function blockOf({ each, locks }: Opened, { prefix, names, blockMs }: PairSettings): Block {
  let turn = 0
  return () => repeat(() => pair(locks, `${prefix}:${each.id}:${turn++ % names}`), blockMs)
}

async function commandsOfPair({ clients }: Bench, one: Opened, { prefix, counted }: PairSettings): Promise<Figure> {
  const { each, locks } = one
  const before = await commandCounts(clients.ioredis)
  for (let i = 0; i < counted; i++) await pair(locks, `${prefix}:${each.id}:0`)
  const after = await commandCounts(clients.ioredis)
  return { value: executedOf(each.sends, before, after) / counted }
}
