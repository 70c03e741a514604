import { contender } from './locks/index.js'
import { startWorker } from './pool.js'
import type { Row, Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

const LEASES = 10_000
const RENEWING = ['raw-renewing', 'holdfast', 'redis-semaphore', 'redlock-universal-using', 'redlock-using']
const ACQUIRE_LIMIT_MS = 20_000
/**
 * The warm-up, in ttls: each lease is renewed a few times before the watch begins, as by a service that runs for
 * longer.
 */
const WARM_UP = 1

/** W5: the cost of holding many leases, each of which is renewed in the background. */
export async function w5({ options, server }: Bench): Promise<Section[]> {
  // Long enough that each library renews each lease at least once.
  const ttlMs = options.short ? 3_000 : 10_000
  const rows: Row[] = []
  let idleCpuUs = 0
  for (const id of ['nothing', 'control', ...RENEWING.filter((each, i) => i === 0 || options.wanted(each))]) {
    const { row, cpuUs } = await measure(server.url, id, ttlMs, idleCpuUs)
    if (id === 'nothing') idleCpuUs = cpuUs
    rows.push(row)
  }
  return [
    {
      workload: 'W5',
      title: `${LEASES.toLocaleString('en-GB')} held leases with renewal, ttl ${ttlMs / 1_000} s`,
      about: `Watched for one ttl, after one ttl to warm up, each library in a process of its own. A round renews each lease once. verrou and simple-redis-mutex do not renew by themselves. The first row is a process that holds nothing; "one command each" is measured twice (A/A).`,
      columns: [
        { key: 'cpu', title: 'CPU us/renewal', digits: 1, chart: 'linear', better: 'less' },
        { key: 'commands', title: 'commands/round', digits: 0, chart: 'logarithmic', better: 'less' },
        { key: 'heap', title: 'heap bytes/lease', digits: 0, chart: 'linear', better: 'less' },
        { key: 'stall', title: 'longest stall ms', digits: 1, chart: 'linear', better: 'less' },
        { key: 'renewals', title: 'renewals', digits: 0 },
      ],
      rows,
    },
  ]
}

interface Measured {
  readonly row: Row
  readonly cpuUs: number
}

async function measure(url: string, id: string, ttlMs: number, idleCpuUs: number): Promise<Measured> {
  const each = id === 'nothing' ? undefined : contender(id === 'control' ? 'raw-renewing' : id)
  const worker = startWorker(url)
  const args = { contender: each?.id, leases: LEASES, ttlMs, warmUpMs: ttlMs * WARM_UP, windowMs: ttlMs }
  const record = await worker.run({ name: 'hold', args }, (1 + WARM_UP) * ttlMs + ACQUIRE_LIMIT_MS)
  await worker.end()
  const label = each === undefined ? 'nothing held' : id === 'control' ? `${each.label} (A/A)` : each.label
  const kind = each?.kind ?? 'control'
  if (record === undefined) return { row: { label, kind, figures: {}, note: 'not within the time limit' }, cpuUs: 0 }
  const { heapBytes, cpuUs, renewals, commands, longestStallMs } = record
  const stall = { value: longestStallMs }
  if (each === undefined) return { row: { label, kind, figures: { stall } }, cpuUs }
  const figures = {
    // The CPU time without that of a process that holds nothing: watching the event loop costs something too.
    cpu: { value: Math.max(0, cpuUs - idleCpuUs) / renewals },
    commands: { value: commands / (renewals / LEASES) },
    heap: { value: heapBytes },
    stall,
    renewals: { value: renewals },
  }
  return { row: { label, kind, figures, note: renewals < LEASES ? 'not every lease was renewed' : '' }, cpuUs }
}

await runAlone(import.meta.filename, w5)
