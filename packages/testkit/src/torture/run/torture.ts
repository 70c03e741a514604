import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judgeHistory, type TortureVerdict } from '../check/judge.js'
import type { TortureEvent } from '../history/event.js'
import { readHistory, record } from '../history/file.js'
import { loadTarget, moduleUrl } from '../load.js'
import { random, seedFor } from '../../suite/random.js'
import { type Crew, startCrew } from './crew.js'
import { startNemesis } from './nemesis.js'

export interface TortureOptions {
  /** The module that exports the target: a path or a `file:` URL. */
  readonly module: string
  /** For how long, in milliseconds; the end takes up to a minute more. Default 60 000. */
  readonly durationMs?: number
  /** Repeats what is drawn: calls, kills, faults; as far as processes allow. Default: drawn. */
  readonly seed?: number
  /** How many worker processes. Default 6. */
  readonly workers?: number
  /** How many calls go on at the same time in each of them. Default 4. */
  readonly actors?: number
  /** Where the history is written. Default: a new folder for temporary files. */
  readonly folder?: string
  /** Goes on after a violation. Default `false`. */
  readonly keepGoing?: boolean
  /** Called every ten seconds with a line, and for trouble with the target. */
  readonly onProgress?: (line: string) => void
}

export interface TortureReport extends TortureVerdict {
  readonly target: string
  readonly seed: number
  readonly folder: string
  readonly events: readonly TortureEvent[]
}

const LOOK_MS = 10_000
const FINISH_MS = 75_000
const SEEDS = 2 ** 32

/** Tortures a store: several processes use it, while processes, network and store fail. Judges what they wrote down. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { durationMs = 60_000, workers = 6, actors = 4, keepGoing = false, onProgress = () => {} } = options
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  if (!(durationMs > 0)) throw new RangeError(`durationMs must be above 0, not ${durationMs}`)
  const module = moduleUrl(options.module)
  const target = await loadTarget(module)
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'holdfast-torture-'))
  const history = record(folder, 'orchestrator')
  const reader = readHistory(folder)
  const store = await target.open()
  let crew: Crew | undefined
  try {
    const { places, faults = [], secrets = [] } = store
    if (places.length === 0) throw new TypeError(`open() of target ${target.name} answered no places`)
    const prefix = `torture-${(seed % SEEDS).toString(36)}-${process.pid.toString(36)}:`
    const common = { module, seed, folder, actors, prefix, secrets, places, workers, history }
    crew = startCrew({ ...common, random: random(seedFor(seed, 'tickets')) })
    const nemesis = startNemesis({ crew, faults, history, random: random(seedFor(seed, 'faults')), onTrouble: onProgress })
    await untilOver({ durationMs, keepGoing, look: () => judgeHistory(reader.read()), onProgress })
    await nemesis.stop()
    await crew.finish(FINISH_MS)
  } finally {
    await crew?.end()
    await store.close?.()
  }
  const events = reader.read()
  history.close()
  return { ...judgeHistory(events), target: target.name, seed, folder, events }
}

interface Watching {
  readonly durationMs: number
  readonly keepGoing: boolean
  readonly look: () => TortureVerdict
  readonly onProgress: (line: string) => void
}

/** Looks at the history now and then, until time is over or something is broken. */
async function untilOver({ durationMs, keepGoing, look, onProgress }: Watching): Promise<void> {
  const until = performance.now() + durationMs
  for (;;) {
    const rest = until - performance.now()
    if (rest <= 0) return
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, rest)))
    const { counts, violations } = look()
    const { calls, grants, contended, losses, kills, stops, unknown } = counts
    const faults = Object.values(counts.faults).reduce((sum, { done }) => sum + done, 0)
    const left = Math.max(0, Math.round((until - performance.now()) / 1_000))
    onProgress(
      `${left} s left: ${calls} calls, ${grants} grants (${contended} contended), ${losses} losses, ${unknown} unknown, ${kills} kills, ${stops} stops, ${faults} faults, ${violations.length} broken`,
    )
    if (violations.length > 0 && !keepGoing) return
  }
}
