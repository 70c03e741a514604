// A server with three clients: ioredis and node-redis through a proxy, Upstash through a gateway.
import { startFaultProxy } from '@holdfast/testkit/faults'
import { startRedis } from '@holdfast/testkit/redis'
import { startUpstashGateway } from '@holdfast/testkit/upstash'
import { connect } from './clients.mjs'
import { flush, frozenServer, gatewayFaults, networkFaults, pause, scriptFlush } from './faults.mjs'

/** @type {import('@holdfast/testkit/torture').TortureTarget<import('./clients.mjs').Place>} */
export default {
  name: 'one Redis',
  connect,
  open: async () => {
    const server = await startRedis({ own: true })
    const proxy = await startFaultProxy({ target: server })
    const gateway = await startUpstashGateway({ target: server })
    const address = { host: proxy.host, port: proxy.port }
    const { url, token } = gateway
    return {
      places: [
        { name: 'ioredis', client: 'ioredis', address },
        { name: 'node-redis', client: 'node-redis', address },
        { name: 'upstash', client: 'upstash', url, token },
      ],
      secrets: [token],
      faults: [
        ...networkFaults(async () => proxy),
        ...gatewayFaults(gateway),
        frozenServer(async () => server),
        scriptFlush(async () => [server]),
        flush(async () => [server]),
        {
          kind: 'a restart without data',
          loses: true,
          weight: 1,
          run: async (random) => {
            await server.kill()
            await pause(random(1_500))
            await server.restart()
          },
        },
      ],
      close: async () => {
        await gateway.stop()
        await proxy.stop()
        await server.stop()
      },
    }
  },
}
