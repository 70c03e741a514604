// A master, two replicas and three sentinels; ioredis and node-redis through a proxy before each node.
import { startSentinel } from '@holdfast/testkit/redis'
import { connect } from './clients.mjs'
import { flush, frozenServer, networkFaults, pause, scriptFlush, tell } from './faults.mjs'
import { proxiesOf } from './proxies.mjs'

/** @type {import('@holdfast/testkit/torture').TortureTarget<import('./clients.mjs').Place>} */
export default {
  name: 'Redis behind Sentinel',
  connect,
  open: async () => {
    const redis = await startSentinel()
    const { before, map, stop } = await proxiesOf(redis.nodes)
    const { addresses, name: sentinel } = redis
    const frozen = frozenServer(async () => redis.master())
    return {
      places: [
        { name: 'ioredis', client: 'ioredis', addresses, sentinel, map },
        { name: 'node-redis', client: 'node-redis', addresses, sentinel, map },
      ],
      faults: [
        ...networkFaults(async () => before(await redis.master())),
        scriptFlush(async () => [await redis.master()]),
        flush(async () => [await redis.master()]),
        {
          ...frozen,
          kind: 'a frozen master',
          loses: true,
          // A master that is frozen for long is replaced. It takes writes beside its successor until the sentinels stop
          // it.
          run: async (random) => {
            await frozen.run(random)
            while (!(await isQuiet(redis))) await pause(100)
            await redis.settled()
          },
        },
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

/**
 * Whether no sentinel takes the master for dead, or replaces it.
 * @param {import('@holdfast/testkit/redis').RedisSentinel} redis
 */
async function isQuiet({ sentinels, name }) {
  const states = await Promise.all(sentinels.map((each) => tell(each, 'SENTINEL', 'MASTER', name)))
  return states.every((state) => Array.isArray(state) && state[state.indexOf('flags') + 1] === 'master')
}
