import type { Evidence, Turn } from '../dist/evidence.js'

const TURNS = 30
const SECTION_MS = 10
const TTL_MS = 1_000
/** The killed worker has fence 11 from 100 to 1000, the stopped one fence 22 from 2000 to 3000. */
const KILL = { worker: 3, fence: 11, grantedAt: 100, heldUntil: 1_000, at: 150 }
const PAUSE = { worker: 4, fence: 22, grantedAt: 2_000, heldUntil: 2_900, stoppedAt: 2_050, resumedAt: 3_500 }

/** A run as it should be: five workers of thirty turns, with a kill after ten of them and a pause after twenty. */
export function faultyRun(): Evidence {
  const wrote = Array.from({ length: TURNS }, (_, index) => turn(index))
  const stale: Turn = {
    ...turn(0),
    ...{ worker: PAUSE.worker, fence: PAUSE.fence, askedAt: 1_990, grantedAt: PAUSE.grantedAt, endedAt: 3_510 },
    ...{ outcome: 'refused', newest: 32, lostAt: 3_505 },
  }
  const entries = wrote.flatMap(({ worker, fence }, index) => [
    { kind: 'register', worker, fence, accepted: true, newest: fence } as const,
    { kind: 'counter', worker, fence, value: index + 1 } as const,
  ])
  const refused = { kind: 'register', worker: PAUSE.worker, fence: PAUSE.fence, accepted: false, newest: 32 } as const
  return {
    store: 'a test',
    ttlMs: TTL_MS,
    startedAt: 0,
    endedAt: 4_000,
    workers: [1, 2, 3, 4, 5].map((id) => ({ id, client: 'ioredis' })),
    turns: [...wrote, stale],
    statement: { counter: TURNS, entries: [...entries, refused] },
    faults: { kill: KILL, pause: PAUSE },
  }
}

/**
 * The run of `faultyRun`, in which each turn also wrote to a ledger, and the stopped worker's transaction was refused.
 */
export function ledgerRun(): Evidence {
  const run = faultyRun()
  const turns = run.turns.map(
    (each) => ({ ...each, ledger: each.outcome === 'wrote' ? 'committed' : 'refused' }) as const,
  )
  const ledger = turns.filter((each) => each.ledger === 'committed').map(({ worker, fence }) => ({ worker, fence }))
  return { ...run, turns, ledger }
}

/** Ten turns before the kill, ten before the pause, ten while it lasts. */
function turn(index: number): Turn {
  const [from, firstFence] = index < 10 ? [0, 1] : index < 20 ? [1_010, 12] : [3_000, 23]
  const grantedAt = from + (index % 10) * SECTION_MS
  const fence = firstFence + (index % 10)
  const times = { askedAt: grantedAt - 5, grantedAt, endedAt: grantedAt + SECTION_MS - 1 }
  return { worker: (index % 5) + 1, fence, ...times, contended: true, outcome: 'wrote' }
}
