import { contender, WAITING_PEERS } from './locks/index.js'
import { sharedNow } from './measure/clock.js'
import { commandCounts, executedOf, serverTimeOf } from './measure/commands.js'
import { figureOf, jain, type Figure, quantile } from './measure/stats.js'
import { startWorker, type Worker } from './pool.js'
import type { Column, Row, Section } from './report/section.js'
import { handOversOf, type LoopRecord } from './tasks/hand-over.js'
import { type Bench, runAlone } from './workload.js'

const CONTENDERS = ['ref-queue', 'layer-line', 'holdfast', ...WAITING_PEERS]
const WORK_MS = 1
/** The time for the processes to get ready. */
const LEAD_MS = 60
const WARM_UP_MS = 300
/** The time that a block may take beyond its own before its processes are ended. */
const GRACE_MS = 5_000

interface Setup {
  readonly title: string
  readonly processes: number
  readonly waiters: number
  readonly pauseMs: number
}

const SETUPS: readonly Setup[] = [
  { title: '16 waiters in one process, which want it again at once', processes: 1, waiters: 16, pauseMs: 0 },
  {
    title: '16 waiters in one process, which pause for 2 ms after each release',
    processes: 1,
    waiters: 16,
    pauseMs: 2,
  },
  { title: '8 processes, which want it again at once', processes: 8, waiters: 1, pauseMs: 0 },
  { title: '8 processes, which pause for 2 ms after each release', processes: 8, waiters: 1, pauseMs: 2 },
]

const COLUMNS: readonly Column[] = [
  { key: 'commands', title: 'commands', digits: 2 },
  { key: 'server', title: 'server µs', digits: 0 },
  { key: 'jain', title: 'Jain', digits: 2, chart: 'linear', better: 'more' },
  { key: 'longest', title: 'longest wait ms', digits: 0, chart: 'logarithmic', better: 'less' },
  { key: 'p50', title: 'p50 ms', digits: 2 },
  { key: 'p99', title: 'p99 ms', digits: 2 },
  { key: 'p50x', title: 'p50 x ref', digits: 2 },
  { key: 'p99x', title: 'p99 x ref', digits: 2 },
  { key: 'holds', title: 'acquired/s', digits: 0 },
]

type Measured = Readonly<Record<string, number>>

/** W3: how a name passes from holder to holder. */
export async function w3(bench: Bench): Promise<Section[]> {
  const workers = Array.from({ length: 8 }, () => startWorker(bench.server.url))
  // Loading, connecting and compiling at first use are not measured.
  for (const id of CONTENDERS.filter(bench.options.wanted))
    await block(bench, id, SETUPS[3] as Setup, workers, WARM_UP_MS)
  const sections: Section[] = []
  for (const setup of SETUPS) sections.push(await section(bench, setup, workers.slice(0, setup.processes)))
  await Promise.all(workers.map((worker) => worker.end()))
  return sections
}

async function section(bench: Bench, setup: Setup, workers: readonly Worker[]): Promise<Section> {
  const { options } = bench
  const ms = options.short ? 500 : 1_500
  const ids = CONTENDERS.filter((id, i) => i === 0 || options.wanted(id))
  const seen = new Map<string, Measured[]>([['control', []], ...ids.map((id): [string, Measured[]] => [id, []])])
  for (let round = 0; round < options.rounds(3, 1); round++) {
    const reference = await block(bench, 'ref-queue', setup, workers, ms)
    for (const id of ['control', ...ids.slice(1)]) {
      const measured = await block(bench, id === 'control' ? 'ref-queue' : id, setup, workers, ms)
      const [p50x, p99x] = [times(measured, reference, 'p50'), times(measured, reference, 'p99')]
      seen.get(id)?.push({ ...measured, p50x, p99x })
    }
    seen.get('ref-queue')?.push({ ...reference, p50x: 1, p99x: 1 })
  }
  return {
    workload: 'W3',
    title: `hand-over, ${setup.title}`,
    about:
      'Each holds the name for 1 ms. Hand-over: from the call of release until somebody who was waiting by then holds the name. The reference is ref-queue; its second row is its own control (A/A). The longest wait counts who still waits at the end.',
    columns: COLUMNS,
    rows: [...seen].toSorted(([a], [b]) => rank(a) - rank(b)).map(([id, all]) => rowOf(id, all)),
  }
}

const rank = (id: string): number => (id === 'ref-queue' ? 0 : id === 'control' ? 1 : 2)

const times = (a: Measured, b: Measured, key: string): number => (a[key] ?? NaN) / (b[key] ?? NaN)

function rowOf(id: string, measured: readonly Measured[]): Row {
  const { label, kind } =
    id === 'control' ? { label: 'ref-queue again (A/A)', kind: 'control' as const } : contender(id)
  const figures: Record<string, Figure> = {}
  for (const { key } of COLUMNS) figures[key] = figureOf(measured.map((each) => each[key] ?? NaN))
  return { label, kind, figures }
}

async function block(
  { clients }: Bench,
  id: string,
  setup: Setup,
  workers: readonly Worker[],
  ms: number,
): Promise<Measured> {
  const { sends } = contender(id)
  await Promise.all(workers.map((worker) => worker.ready()))
  const before = await commandCounts(clients.ioredis)
  const from = sharedNow() + LEAD_MS
  const args = { contender: id, name: uniqueName(id), from, until: from + ms, workMs: WORK_MS }
  const { waiters, pauseMs } = setup
  const answers = workers.map((worker) =>
    worker.run({ name: 'handOver', args: { ...args, waiters, pauseMs } }, LEAD_MS + ms + GRACE_MS),
  )
  await new Promise((resolve) => setTimeout(resolve, from + ms - sharedNow()))
  const after = await commandCounts(clients.ioredis)
  const sent = { commands: executedOf(sends, before, after), server: serverTimeOf(sends, before, after) }
  const loops = (await Promise.all(answers)).flatMap((records): readonly LoopRecord[] => records ?? [])
  return measure(loops, setup, sent, ms)
}

interface Sent {
  readonly commands: number
  /** Microseconds. */
  readonly server: number
}

function measure(loops: readonly LoopRecord[], { processes, waiters }: Setup, sent: Sent, ms: number): Measured {
  const shares = Array.from({ length: processes * waiters }, (_, i) => loops[i]?.holds.length ?? 0)
  const holds = loops.flatMap((loop) => loop.holds).toSorted((a, b) => a[1] - b[1])
  const handOvers = handOversOf(holds)
  return {
    commands: sent.commands / holds.length,
    server: sent.server / holds.length,
    jain: jain(shares),
    longest: Math.max(...loops.map((loop) => loop.longestWaitMs), loops.length < shares.length ? ms : 0),
    p50: quantile(handOvers, 0.5),
    p99: quantile(handOvers, 0.99),
    holds: (holds.length / ms) * 1_000,
  }
}

let blocks = 0
const uniqueName = (id: string): string => `bench:w3:${id}:${process.pid}:${blocks++}`

await runAlone(import.meta.filename, w3)
