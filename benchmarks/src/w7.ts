import { holdfastSeveral, rawSeveral, redlockSeveral, TOGETHER } from './locks/several.js'
import { pairRows } from './measure/pairs.js'
import type { Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

const CONTENDERS = [rawSeveral, holdfastSeveral, redlockSeveral]
const PAIRS = { prefix: 'bench:w7', names: 16, terms: { ttlMs: 10_000, waitMs: 1_000 }, blockMs: 40, counted: 50 }

/** W7: eight free names in one acquisition, all or none. */
export async function w7(bench: Bench): Promise<Section[]> {
  const { options } = bench
  const chosen = CONTENDERS.filter(({ id }, i) => i === 0 || options.wanted(id))
  return [
    {
      workload: 'W7',
      title: `${TOGETHER} names in one acquisition, ioredis`,
      about: `All of ${TOGETHER} free names, and their release: the median time and the client's CPU, as multiples of the bare client, which takes each by itself, side by side.`,
      columns: [
        { key: 'p50', title: 'p50 x bare', digits: 2, chart: 'linear', better: 'less' },
        { key: 'cpu', title: 'CPU x bare', digits: 2 },
        { key: 'commands', title: 'commands', digits: 1 },
      ],
      rows: await pairRows(bench, chosen, { ...PAIRS, warmUpMs: options.warmUpMs.cold }),
    },
  ]
}

await runAlone(import.meta.filename, w7)
