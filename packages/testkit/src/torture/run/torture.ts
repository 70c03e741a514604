import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judgeHistory, type TortureVerdict } from '../check/judge.js'
import type { TortureEvent } from '../history/event.js'
import { readHistory, record } from '../history/file.js'
import { loadTarget, moduleUrl } from '../load.js'
import { random, seedFor } from '../../suite/random.js'
import { type Crew, startCrew } from './crew.js'
import { type Nemesis, startNemesis } from './nemesis.js'

/** Options of {@link torture}. */
export interface TortureOptions {
  /** The module that exports the target: a path or a `file:` URL. */
  readonly module: string
  /** For how long, in milliseconds; the end takes up to a minute more. Default 60 000. */
  readonly durationMs?: number
  /**
   * The seed of everything that is drawn: calls, kills, faults. Processes repeat it as far as they can. Default: drawn.
   */
  readonly seed?: number
  /** How many worker processes. Default 6. */
  readonly workers?: number
  /** How many calls go on at the same time in each worker. Default 4. */
  readonly actors?: number
  /** Where the history is written. Default: a new folder for temporary files. */
  readonly folder?: string
  /** Goes on after a violation. Default `false`. */
  readonly keepGoing?: boolean
  /** Called every ten seconds with a line, and for trouble with the target. */
  readonly onProgress?: (line: string) => void
}

/** The verdict of a torture run, and how to repeat it. */
export interface TortureReport extends TortureVerdict {
  readonly target: string
  readonly seed: number
  readonly folder: string
  readonly events: readonly TortureEvent[]
}

const PROGRESS_MS = 10_000
const LOOK_MS = 2_000
/** The pause after a look at the history, as a multiple of its duration: a look takes longer as the history grows. */
const LOOK_SHARE = 20
const FINISH_MS = 75_000
const READY_MS = 30_000
const SEEDS = 2 ** 32
const TOO_LATE = 'too late'

const after = (ms: number): Promise<typeof TOO_LATE> =>
  new Promise((resolve) => setTimeout(() => resolve(TOO_LATE), ms).unref())

/** Tortures a store: several processes use it, while processes, network and store fail. Judges their histories. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { durationMs = 60_000, workers = 6, actors = 4, keepGoing = false, onProgress = () => {} } = options
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  if (!(durationMs > 0)) throw new RangeError(`durationMs must be above 0, not ${durationMs}`)
  const module = moduleUrl(options.module)
  const target = await loadTarget(module)
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'holdfast-torture-'))
  mkdirSync(folder, { recursive: true })
  const history = record(folder, 'orchestrator')
  const reader = readHistory(folder)
  const store = await target.open()
  let crew: Crew | undefined
  let nemesis: Nemesis | undefined
  try {
    const { places, faults = [], secrets = [] } = store
    if (places.length === 0) throw new TypeError(`open() of target ${target.name} answered no places`)
    const prefix = `torture-${(seed % SEEDS).toString(36)}-${process.pid.toString(36)}:`
    const common = { module, seed, folder, actors, prefix, secrets, places, workers, history }
    crew = startCrew({ ...common, random: random(seedFor(seed, 'tickets')) })
    if ((await Promise.race([crew.ready, after(READY_MS)])) === TOO_LATE)
      onProgress(`not all workers were connected after ${READY_MS / 1_000} s`)
    nemesis = startNemesis({
      crew,
      faults,
      history,
      random: random(seedFor(seed, 'faults')),
      onTrouble: onProgress,
    })
    await untilOver({ durationMs, keepGoing, look: () => judgeHistory(reader.read()), onProgress })
    await nemesis.stop()
    await crew.finish(FINISH_MS)
    await crew.end()
    if (store.audit !== undefined) {
      const audit = await store.audit({ written: writtenOf(reader.read()) })
      history.write({ type: 'audit', ...audit })
    }
  } finally {
    await nemesis?.stop()
    await crew?.end()
    await store.close?.()
    history.close()
  }
  const events = reader.read()
  return { ...judgeHistory(events), target: target.name, seed, folder, events }
}

/** How many guarded writes to each name were answered `'done'`. */
function writtenOf(events: readonly TortureEvent[]): ReadonlyMap<string, number> {
  const names = new Map<string, string>()
  const written = new Map<string, number>()
  for (const event of events) {
    if (event.type === 'call' && event.verb === 'guardedWrite') names.set(event.id, event.names[0] ?? '')
    const name = event.type === 'end' && event.outcome === 'done' ? names.get(event.id) : undefined
    if (name !== undefined) written.set(name, (written.get(name) ?? 0) + 1)
  }
  return written
}

interface Watching {
  readonly durationMs: number
  readonly keepGoing: boolean
  readonly look: () => TortureVerdict
  readonly onProgress: (line: string) => void
}

/** Looks at the history now and then, until the time is over or a rule is broken. */
async function untilOver({ durationMs, keepGoing, look, onProgress }: Watching): Promise<void> {
  const until = performance.now() + durationMs
  let printed = performance.now()
  let gap = LOOK_MS
  for (;;) {
    const before = performance.now()
    if (before >= until) return
    await new Promise((resolve) => setTimeout(resolve, Math.min(gap, until - before)))
    const began = performance.now()
    const verdict = look()
    gap = Math.max(LOOK_MS, (performance.now() - began) * LOOK_SHARE)
    const broken = verdict.violations.length > 0 && !keepGoing
    if (broken || began - printed >= PROGRESS_MS || began >= until) {
      printed = began
      onProgress(progressOf(verdict, Math.max(0, until - began)))
    }
    if (broken) return
  }
}

function progressOf({ counts, violations }: TortureVerdict, leftMs: number): string {
  const { calls, grants, contended, losses, kills, stops, unknown } = counts
  const faults = Object.values(counts.faults).reduce((sum, { done }) => sum + done, 0)
  return (
    `${Math.round(leftMs / 1_000)} s left: ${calls} calls, ${grants} grants (${contended} contended), ${losses} losses, ` +
    `${unknown} unknown, ${kills} kills, ${stops} stops, ${faults} faults, ${violations.length} broken`
  )
}
