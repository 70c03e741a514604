import { parseArgs } from 'node:util'

/** The options of the command line. */
export interface CommandOptions {
  readonly module: string
  /** Which cases: ids, or beginnings of ids with `*`. Empty: all of them. */
  readonly cases: readonly string[]
  readonly list: boolean
  readonly seed: number | undefined
  readonly repeat: number
  readonly limitMs: number
  readonly reporter: 'text' | 'json' | 'junit'
  readonly bail: boolean
  /** How much random work the histories do. */
  readonly effort: number
}

export const USAGE = `Usage: holdfast-conformance <module> [options]

<module> exports a target, as its default export or as \`target\`:

  export default {
    name: 'my store',
    open: async () => ({ backends: [myBackend(), myBackend()], close: async () => {} }),
  }

The two backends are two handles on one store.

  --case <id>       run this case only, or with an ending * those whose ids begin so; may be given several times
  --list            print the cases and run none
  --seed <n>        repeat the random calls of an earlier run
  --repeat <n>      run everything n times, with a seed and a line on standard error each time
  --limit <ms>      how long a case, or opening the target, may go without an answer of the backend (30000)
  --effort <n>      how many random histories are played, compared to the usual amount (1)
  --reporter <kind> text, json or junit
  --bail            stop at the first failure

Exit codes: 0 no promise was broken, 1 one was, 2 the suite could not run or its target made a mistake,
  3 nothing was judged.
`

/** A mistake in the command line. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** Reads the command line; `null` asks for help. */
export function readOptions(args: readonly string[]): CommandOptions | null {
  const { values, positionals } = parsed(args)
  if (values.help === true) return null
  const [module, ...more] = positionals
  const list = values.list === true
  if ((module === undefined && !list) || more.length > 0) throw new UsageError('one module is wanted')
  const { reporter = 'text' } = values
  if (reporter !== 'text' && reporter !== 'json' && reporter !== 'junit') {
    throw new UsageError(`--reporter is text, json or junit, not ${reporter}`)
  }
  return {
    module: module ?? '',
    cases: values.case ?? [],
    list,
    reporter,
    bail: values.bail === true,
    seed: values.seed === undefined ? undefined : whole('--seed', values.seed, 0),
    repeat: whole('--repeat', values.repeat ?? '1', 1),
    limitMs: whole('--limit', values.limit ?? '30000', 1),
    effort: positive('--effort', values.effort ?? '1'),
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        case: { type: 'string', multiple: true },
        list: { type: 'boolean' },
        seed: { type: 'string' },
        repeat: { type: 'string' },
        limit: { type: 'string' },
        effort: { type: 'string' },
        reporter: { type: 'string' },
        bail: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least) throw new UsageError(`${option} is a whole number from ${least}`)
  return value
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`${option} is a positive number`)
  return value
}

/** Whether a case is among those that were asked for. */
export function isWanted(id: string, patterns: readonly string[]): boolean {
  if (patterns.length === 0) return true
  return patterns.some((pattern) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern))
}
