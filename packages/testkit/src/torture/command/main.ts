import { parseArgs } from 'node:util'
import { judgeHistory } from '../check/judge.js'
import { readHistory } from '../history/file.js'
import { renderTorture } from '../report/render.js'
import { torture } from '../run/torture.js'

/** The output and the exit code of the command. */
export interface TortureResult {
  readonly text: string
  /** 0: no rule was broken. 1: a rule was broken. 2: the run was not possible. 3: too little happened to judge. */
  readonly exitCode: 0 | 1 | 2 | 3
}

export const TORTURE_USAGE = `Usage: holdfast-torture <module> [options]

<module> exports a target, as its default export or as \`target\`:

  export default {
    name: 'my store',
    open: async () => ({ places: [{ name: 'my client', url: '…' }], faults: [], close: async () => {} }),
    connect: async ({ url }) => ({ backend: myBackend(url) }),
  }

Several processes use the store while processes are killed and stopped, and whatever \`faults\` holds is done to it.

  --minutes <n>     for how long (1)
  --seed <n>        repeat the draws of an earlier run, as far as processes allow
  --workers <n>     how many processes (6)
  --actors <n>      how many calls at the same time in each (4)
  --keep-going      go on after a violation
  --history <dir>   write the history there, and leave it
  --judge <dir>     judge the history of an earlier run; needs no module

Exit codes: 0 nothing was broken, 1 a rule was, 2 it could not run, 3 too little happened to judge.
`

const CODES = { pass: 0, fail: 1, inconclusive: 3 } as const

/** The command line, without the process around it. `onProgress` is called with each line as it comes. */
export async function tortureMain(
  args: readonly string[],
  onProgress: (line: string) => void = () => {},
): Promise<TortureResult> {
  try {
    const options = readOptions(args)
    if (options === null) return { text: TORTURE_USAGE, exitCode: 0 }
    if ('judge' in options) {
      const events = readHistory(options.judge).read()
      const verdict = judgeHistory(events)
      return { text: renderTorture(verdict, events), exitCode: CODES[verdict.verdict] }
    }
    onProgress(`torture of ${options.module}, seed ${options.seed}`)
    const report = await torture({ ...options, onProgress })
    const text = `${report.target}, seed ${report.seed}, history in ${report.folder}\n\n${renderTorture(report, report.events)}`
    return { text, exitCode: CODES[report.verdict] }
  } catch (error) {
    if (error instanceof UsageError) return { text: `${error.message}\n\n${TORTURE_USAGE}`, exitCode: 2 }
    // A target that cannot open, or a mistake of the torture itself: the stack shows the place.
    const reason = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error)
    return { text: `${reason}\n`, exitCode: 2 }
  }
}

class UsageError extends Error {}

const OPTIONS = {
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string' },
  workers: { type: 'string', default: '6' },
  actors: { type: 'string', default: '4' },
  'keep-going': { type: 'boolean', default: false },
  history: { type: 'string' },
  judge: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

interface RunOptions {
  readonly module: string
  readonly durationMs: number
  readonly seed: number
  readonly workers: number
  readonly actors: number
  readonly keepGoing: boolean
  readonly folder?: string
}

function readOptions(args: readonly string[]): RunOptions | { readonly judge: string } | null {
  const { values, positionals } = parse(args)
  if (values.help) return null
  if (values.judge !== undefined) return { judge: values.judge }
  const [module, ...more] = positionals
  if (module === undefined || more.length > 0) throw new UsageError('one module is wanted')
  const drawn = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  return {
    module,
    durationMs: number('minutes', values.minutes, 0.01) * 60_000,
    seed: values.seed === undefined ? drawn : whole('seed', values.seed, 0),
    workers: whole('workers', values.workers, 1),
    actors: whole('actors', values.actors, 1),
    keepGoing: values['keep-going'],
    ...(values.history !== undefined && { folder: values.history }),
  }
}

function parse(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function number(option: string, text: string, least: number): number {
  const value = Number(text)
  if (!(value >= least)) throw new UsageError(`--${option} must be a number of at least ${least}, not ${text}`)
  return value
}

function whole(option: string, text: string, least: number): number {
  const value = number(option, text, least)
  if (!Number.isSafeInteger(value)) throw new UsageError(`--${option} must be an integer, not ${text}`)
  return value
}
