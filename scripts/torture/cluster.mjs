// Three masters with a replica each; ioredis and node-redis through a proxy before each node.
import { startRedisCluster } from '@holdfast/testkit/redis'
import { connect } from './clients.mjs'
import { flush, frozenServer, networkFaults, pause, scriptFlush } from './faults.mjs'
import { proxiesOf } from './proxies.mjs'

const SLOTS = 16_384

/** @type {import('@holdfast/testkit/torture').TortureTarget<import('./clients.mjs').Place>} */
export default {
  name: 'a Redis Cluster',
  connect,
  open: async () => {
    const cluster = await startRedisCluster()
    const { before, map, stop } = await proxiesOf(cluster.nodes)
    const addresses = Object.values(map)
    const masters = async () => [
      ...new Set(await Promise.all([0, 6_000, 12_000].map((slot) => cluster.masterOf(slot)))),
    ]
    return {
      places: [
        { name: 'ioredis', client: 'ioredis', addresses, map },
        { name: 'node-redis', client: 'node-redis', addresses, map },
      ],
      faults: [
        ...networkFaults(async (random) => before(await cluster.masterOf(random(SLOTS)))),
        scriptFlush(masters),
        flush(masters),
        { ...frozenServer((random) => cluster.masterOf(random(SLOTS))), kind: 'a frozen master', loses: true },
        // A failover in good order may lose nothing.
        {
          kind: 'a failover in good order',
          weight: 1,
          run: async (random) => void (await cluster.failover(random(SLOTS))),
        },
        {
          kind: 'a killed master',
          loses: true,
          weight: 2,
          run: async (random) => {
            const slot = random(SLOTS)
            const master = await cluster.masterOf(slot)
            await master.kill()
            await cluster.masterOf(slot)
            await pause(random(1_000))
            await master.restart()
            await cluster.settled()
          },
        },
      ],
      close: async () => {
        await stop()
        await cluster.stop()
      },
    }
  },
}
