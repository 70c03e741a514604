import type { StoreFaults } from '../suite/disturbed.js'
import type { RedisHandle } from '../redis/target.js'
import type { UpstashGateway } from './gateway.js'
import { startUpstashGateway } from './start.js'

/**
 * The faults of a `redisTarget` over HTTP: each handle that is to be disturbed has a gateway of its own.
 * @param connect opens a backend over a client of its own, which asks the gateway
 */
export function gatewayFaults(
  server: { readonly host: string; readonly port: number },
  connect: (gateway: Pick<UpstashGateway, 'url' | 'token'>) => Promise<RedisHandle>,
): StoreFaults {
  return {
    can: ['loseReply', 'cut', 'delay'],
    open: async () => {
      const gateway = await startUpstashGateway({ target: server })
      const { backend, close } = await connect(gateway)
      return {
        backend,
        loseReply: () => gateway.loseReply(),
        cut: () => gateway.loseRequest(),
        delay: (ms) => gateway.slow({ ms, direction: 'reply', times: 1 }),
        close: async () => {
          await close()
          await gateway.stop()
        },
      }
    },
  }
}
