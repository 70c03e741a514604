import { startRedis } from '@holdfast/testkit/redis'
import { connect } from './locks/clients.js'
import type { Locks } from './locks/contender.js'
import { contender } from './locks/index.js'
import { pin, placements } from './measure/pin.js'
import type { Measured } from './measure/alternate.js'
import { crowd, pair, pairLoops, repeat } from './measure/blocks.js'

// A contender and a workload, nothing else: for `node --cpu-prof`. See the README.

const WORKLOADS: Readonly<Record<string, (locks: Locks, name: string, ms: number) => Promise<Measured>>> = {
  w1: (locks, name, ms) => repeat(() => pair(locks, name), ms),
  w2: (locks, name, ms) =>
    crowd(
      pairLoops(
        locks,
        Array.from({ length: 64 }, (_, i) => `${name}:${i}`),
      ),
      ms,
    ),
  w6: async (locks, name, ms) => {
    const held = await locks.acquire(name)
    const measured = await repeat(() => locks.tryAcquire(name), ms)
    await held.release()
    return measured
  },
}

const [workload = 'w1', id = 'holdfast', ms = '5000'] = process.argv.slice(2)
const work = WORKLOADS[workload]
if (work === undefined) throw new RangeError(`there is no workload ${workload}: ${Object.keys(WORKLOADS).join(', ')}`)

const server = await startRedis()
const [placement = 'unpinned'] = placements(server.pid).possible
pin(placement, server.pid)
const clients = await connect(server.url)
const locks = contender(id).open(clients, { ttlMs: 600_000, waitMs: 1_000 })
const { rate = NaN, cpu = NaN } = await work(locks, `bench:profile:${id}`, Number(ms))
process.stdout.write(
  `${workload} ${id}: ${(rate * 1_000).toFixed(0)} per second, ${cpu.toFixed(1)} us of CPU for one\n`,
)
await locks.close?.()
await clients.close()
process.exit()
