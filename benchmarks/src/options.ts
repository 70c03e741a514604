import { parseArgs } from 'node:util'

/** How a run is bounded. */
export interface Options {
  readonly short: boolean
  /** The number of rounds of alternating blocks: from the command line, or else the number of the mode. */
  readonly rounds: (full: number, short: number) => number
  /** How long each contender runs before its measurement: at first (`cold`), and when its code is warm already. */
  readonly warmUpMs: { readonly cold: number; readonly warm: number }
  /** Only contenders whose id contains one of these; baselines always run. */
  readonly wanted: (id: string) => boolean
  /** The file for the sections as JSON, for the calling process. */
  readonly out: string | undefined
  /** The workloads named on the command line, in capitals. */
  readonly workloads: readonly string[]
}

export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const { short, rounds, only, out } = values
  if (rounds !== undefined && !(Number(rounds) >= 1)) throw new RangeError(`--rounds must be at least 1, got ${rounds}`)
  const parts = only?.split(',')
  return {
    short,
    rounds: (full, few) => (rounds === undefined ? (short ? few : full) : Math.floor(Number(rounds))),
    warmUpMs: { cold: short ? 1_000 : 2_000, warm: 200 },
    wanted: (id) => parts === undefined || parts.some((part) => id.includes(part)),
    out,
    workloads: positionals.map((each) => each.toUpperCase()),
  }
}
