import type { Locks } from '../locks/contender.js'
import { alternate, type Block } from '../measure/alternate.js'
import { sharedNow } from '../measure/clock.js'
import { crowd, pair, pairLoops, repeat } from '../measure/blocks.js'
import { jain, quantile } from '../measure/stats.js'
import type { Options } from '../options.js'
import type { Column, Row, Section } from '../report/section.js'
import { contend, handOversOf } from '../tasks/hand-over.js'
import { CONTENDERS, type PostgresContender } from './contenders.js'

const TERMS = { ttlMs: 10_000, waitMs: 60_000 }
const LOOPS = 64
const CALLERS = 1_000
const USERS = 8
const HELD = 'held'
const LIMIT_MS = 60_000

/** The names that the tables use. */
export const NAMES: readonly string[] = [HELD, ...Array.from({ length: LOOPS }, (_, i) => `name ${i}`)]

export interface Setting {
  readonly url: string
  readonly options: Options
  /** The durability in words, for the titles. */
  readonly durability: string
}

/** W1, W2, W3, W4 and W6 on PostgreSQL, as multiples of `pg_advisory_lock` or as absolute figures. */
export async function tables(setting: Setting): Promise<Section[]> {
  return [
    await ratios(setting, PAIR),
    await ratios(setting, MANY),
    await handOver(setting),
    await callers(setting),
    await ratios(setting, TRY),
  ]
}

interface Measurement {
  readonly workload: string
  readonly title: string
  readonly columns: readonly Column[]
  /** Whether another user holds `HELD` meanwhile, in a transaction that stays open for one of the contenders. */
  readonly held?: true
  block(locks: Locks): Block
}

const RATE: Column = { key: 'rate', title: 'rate x advisory', digits: 2 }
const CPU: Column = { key: 'cpu', title: 'CPU x advisory', digits: 2 }

const PAIR: Measurement = {
  workload: 'W1',
  title: 'acquire and release of a free name',
  columns: [{ key: 'p50', title: 'p50 x advisory', digits: 2 }, CPU],
  block: (locks) => () => repeat(() => pair(locks, NAMES[1] ?? ''), 100),
}

const MANY: Measurement = {
  workload: 'W2',
  title: `${LOOPS} loops on names of their own`,
  columns: [RATE, CPU],
  block: (locks) => () => crowd(pairLoops(locks, NAMES.slice(1)), 300),
}

const TRY: Measurement = {
  workload: 'W6',
  title: 'one try on a held name',
  columns: [RATE, CPU],
  held: true,
  block: (locks) => () => repeat(() => locks.tryAcquire(HELD), 100),
}

async function ratios({ url, options, durability }: Setting, measurement: Measurement): Promise<Section> {
  const chosen = CONTENDERS.filter(({ id }, i) => i === 0 || options.wanted(id))
  const holders = measurement.held ? chosen.map((each) => each.open(url, TERMS)) : []
  const opened = chosen.map((each) => ({ each, locks: each.open(url, TERMS) }))
  const held = await Promise.all(holders.map((locks) => locks.acquire(HELD).catch(() => null)))
  const blocks = opened.map(({ each, locks }) => [each, measurement.block(locks)] as const)
  const baseline = blocks[0]?.[1]
  if (baseline === undefined) throw new Error('there is no baseline')
  const pairs = new Map(blocks.map(([each, contender]) => [each, { baseline, contender }]))
  const seen = await alternate(pairs, options.rounds(20, 4), options.warmUpMs.cold)
  const rows = [...seen].map(([{ label, kind }, figures], i): Row => ({
    label: i === 0 ? `${label} (A/A)` : label,
    kind,
    figures,
  }))
  for (const each of held) await each?.release()
  for (const locks of [...holders, ...opened.map((one) => one.locks)]) await locks.close?.()
  return { ...sectionOf(measurement, durability), rows }
}

/** Users with connections of their own, in one process. */
async function handOver({ url, options, durability }: Setting): Promise<Section> {
  const rows: Row[] = []
  for (const each of CONTENDERS.filter(({ id }) => options.wanted(id))) {
    const users = Array.from({ length: USERS }, () => each.open(url, TERMS))
    // Each user opens a connection before the time begins.
    for (const locks of users) await pair(locks, NAMES[1] ?? '')
    const from = sharedNow()
    const until = from + (options.short ? 1_500 : 5_000)
    const loops = await contend(users, { name: NAMES[1] ?? '', waiters: 1, until, workMs: 1, pauseMs: 2 })
    if (loops.some((loop) => loop.holds.length === 0)) throw new Error(`a user of ${each.label} was never served`)
    const holds = loops.flatMap((loop) => loop.holds).toSorted((a, b) => a[1] - b[1])
    const times = handOversOf(holds)
    const figures = {
      holds: { value: (holds.length / (until - from)) * 1_000 },
      jain: { value: jain(loops.map((loop) => loop.holds.length)) },
      longest: { value: Math.max(...loops.map((loop) => loop.longestWaitMs)) },
      p50: { value: quantile(times, 0.5) },
      p99: { value: quantile(times, 0.99) },
    }
    rows.push({ label: each.label, kind: each.kind, figures })
    for (const locks of users) await locks.close?.()
  }
  const columns = [
    { key: 'holds', title: 'acquired/s', digits: 0 },
    { key: 'jain', title: 'Jain', digits: 2 },
    { key: 'longest', title: 'longest wait ms', digits: 0 },
    { key: 'p50', title: 'p50 ms', digits: 2 },
    { key: 'p99', title: 'p99 ms', digits: 2 },
  ]
  const title = `hand-over among ${USERS} users that pause for 2 ms after each release`
  return { ...sectionOf({ workload: 'W3', title, columns }, durability), rows }
}

async function callers({ url, options, durability }: Setting): Promise<Section> {
  const rows: Row[] = []
  for (const each of CONTENDERS.filter(({ id }) => options.wanted(id))) {
    const locks = each.open(url, TERMS)
    await pair(locks, NAMES[1] ?? '')
    const begun = performance.now()
    await Promise.race([Promise.all(Array.from({ length: CALLERS }, () => pair(locks, NAMES[1] ?? ''))), late()])
    rows.push({ label: each.label, kind: each.kind, figures: { took: { value: performance.now() - begun } } })
    await locks.close?.()
  }
  const title = `${CALLERS} callers of one process on one name`
  const columns = [{ key: 'took', title: 'all served after ms', digits: 0 }]
  return { ...sectionOf({ workload: 'W4', title, columns }, durability), rows }
}

const late = (): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not all were served within ${LIMIT_MS} ms`)), LIMIT_MS).unref()
  })

function sectionOf(
  { workload, title, columns }: Pick<Measurement, 'workload' | 'title' | 'columns'>,
  durability: string,
): Omit<Section, 'rows'> {
  const statements = CONTENDERS.map(({ label, statements: count }: PostgresContender) => `${label} ${count}`).join(', ')
  const about = `${durability}. Statements for a pair: ${statements}.`
  return { workload, title: `PostgreSQL: ${title}`, about, columns }
}
