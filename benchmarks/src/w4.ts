import { contender, WAITING_PEERS } from './locks/index.js'
import { sharedNow } from './measure/clock.js'
import { figureOf, type Figure } from './measure/stats.js'
import { startWorker, type Worker } from './pool.js'
import type { Row, Section } from './report/section.js'
import type { CrowdRecord } from './tasks/crowd.js'
import { type Bench, runAlone } from './workload.js'

const ACQUIRERS = 1_000
/** The time for the processes to get ready. */
const LEAD_MS = 50
/** The time from the start of the crowd to the call of the other process. */
const LATER_MS = 1
const GRACE_MS = 3_000
/** Rounds before the measurement, for code and caches: a service that has just started is another question. */
const WARM_UP = 8

interface Round {
  readonly crowd: CrowdRecord
  /** The wait of the other process, which asked while the crowd did. */
  readonly otherMs: number | undefined
}

/** W4: a thousand acquirers in one process on one name. */
export async function w4({ options, server }: Bench): Promise<Section[]> {
  const workers = [startWorker(server.url), startWorker(server.url)] as const
  const limitMs = options.short ? 3_000 : 15_000
  const quick = ['ref-local', 'control', 'holdfast'].filter((id) => id !== 'holdfast' || options.wanted(id))
  const seen = new Map<string, Round[]>(quick.map((id) => [id, []]))
  for (let round = 0; round < WARM_UP + options.rounds(10, 4); round++) {
    for (const id of quick) {
      const measured = await crowdOf(workers, id === 'control' ? 'ref-local' : id, limitMs)
      if (round >= WARM_UP) seen.get(id)?.push(measured)
    }
  }
  for (const id of WAITING_PEERS.filter(options.wanted)) seen.set(id, [await crowdOf(workers, id, limitMs)])
  await Promise.all(workers.map((worker) => worker.end()))
  return [
    {
      workload: 'W4',
      title: `${ACQUIRERS} acquirers in one process on one name, each of which releases at once`,
      about: `Until the last of them has released, at most ${limitMs / 1_000} s. Meanwhile another process asks for the same name, once; the last column is how long it waits. ref-local is measured twice: its second row is the control (A/A).`,
      columns: [
        { key: 'took', title: 'ms', digits: 1, chart: 'logarithmic', better: 'less' },
        { key: 'commands', title: 'commands each', digits: 3, chart: 'logarithmic', better: 'less' },
        { key: 'longest', title: 'longest wait ms', digits: 1 },
        { key: 'other', title: 'other process ms', digits: 1 },
      ],
      rows: [...seen].map(([id, rounds]) => rowOf(id, rounds, limitMs)),
    },
  ]
}

async function crowdOf([worker, other]: readonly [Worker, Worker], id: string, limitMs: number): Promise<Round> {
  const args = { contender: id, name: `bench:w4:${id}:${process.pid}:${sharedNow()}`, limitMs }
  await Promise.all([worker.ready(), other.ready()])
  const from = sharedNow() + LEAD_MS
  const [crowd, one] = await Promise.all([
    worker.run({ name: 'crowd', args: { ...args, from, acquirers: ACQUIRERS } }, limitMs + GRACE_MS),
    other.run({ name: 'crowd', args: { ...args, from: from + LATER_MS, acquirers: 1 } }, limitMs + GRACE_MS),
  ])
  // A waiter that still waits would disturb the next workload.
  if (crowd === undefined || crowd.served < ACQUIRERS) await Promise.all([worker.end(), other.end()])
  const nothing = { served: 0, tookMs: limitMs, longestWaitMs: limitMs, commands: NaN, fencesRise: null }
  return { crowd: crowd ?? nothing, otherMs: one?.served === 1 ? one.longestWaitMs : undefined }
}

function rowOf(id: string, rounds: readonly Round[], limitMs: number): Row {
  const { label, kind } =
    id === 'control' ? { label: 'ref-local again (A/A)', kind: 'control' as const } : contender(id)
  const of = (value: (round: Round) => number): Figure => figureOf(rounds.map(value))
  const served = Math.min(...rounds.map(({ crowd }) => crowd.served))
  const notes = [
    served < ACQUIRERS ? `${served} of ${ACQUIRERS} within ${limitMs / 1_000} s` : '',
    rounds.every(({ crowd }) => crowd.fencesRise === true) ? 'each its own, rising fence' : '',
    rounds.some(({ otherMs }) => otherMs === undefined) ? 'the other process was not served' : '',
  ]
  return {
    label,
    kind,
    figures: {
      took: of(({ crowd }) => (crowd.served < ACQUIRERS ? limitMs : crowd.tookMs)),
      commands: of(({ crowd }) => crowd.commands / Math.max(1, crowd.served)),
      longest: of(({ crowd }) => crowd.longestWaitMs),
      other: of(({ otherMs }) => otherMs ?? NaN),
    },
    note: notes.filter(Boolean).join('; '),
  }
}

await runAlone(import.meta.filename, w4)
