// A master, two replicas and three sentinels; ioredis and node-redis through a proxy before each node.
import { startSentinel } from '@holdfast/testkit/redis'
import { connect } from './clients.mjs'
import { flush, frozenServer, networkFaults, pause, scriptFlush } from './faults.mjs'
import { proxiesOf } from './proxies.mjs'

/** @type {import('@holdfast/testkit/torture').TortureTarget<import('./clients.mjs').Place>} */
export default {
  name: 'Redis behind Sentinel',
  connect,
  open: async () => {
    const redis = await startSentinel()
    const { before, map, stop } = await proxiesOf(redis.nodes)
    const { addresses, name: sentinel } = redis
    return {
      places: [
        { name: 'ioredis', client: 'ioredis', addresses, sentinel, map },
        { name: 'node-redis', client: 'node-redis', addresses, sentinel, map },
      ],
      faults: [
        ...networkFaults(async () => before(await redis.master())),
        scriptFlush(async () => [await redis.master()]),
        flush(async () => [await redis.master()]),
        // A master that is frozen for long is replaced: what it does when it goes on is a failover's.
        { ...frozenServer(async () => redis.master()), kind: 'a frozen master', loses: true },
        {
          kind: 'a failover',
          loses: true,
          weight: 2,
          run: async () => {
            await redis.failover()
            await redis.settled()
          },
        },
        {
          kind: 'a killed master',
          loses: true,
          weight: 2,
          run: async (random) => {
            const master = await redis.master()
            await master.kill()
            await redis.master()
            await pause(random(1_000))
            await master.restart()
            await redis.settled()
          },
        },
      ],
      close: async () => {
        await stop()
        await redis.stop()
      },
    }
  },
}
