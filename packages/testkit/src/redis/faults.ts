import { startFaultProxy, type FaultProxy } from '../faults/proxy.js'
import type { StoreFaults } from '../suite/disturbed.js'
import type { RedisHandle } from './target.js'

/** The commands that backends over Redis send. */
const SCRIPT = /^(EVAL|EVALSHA) /

/**
 * The faults of a `redisTarget`: each handle that is to be disturbed goes through a proxy of its own.
 * @param connect opens a backend over a client of its own, which connects to the proxy
 */
export function proxyFaults(
  server: { readonly host: string; readonly port: number },
  connect: (proxy: Pick<FaultProxy, 'url' | 'host' | 'port'>) => Promise<RedisHandle>,
): StoreFaults {
  return {
    can: ['loseReply', 'cut', 'duplicate', 'delay'],
    open: async () => {
      const proxy = await startFaultProxy({ target: server })
      const { backend, close } = await connect(proxy)
      return {
        backend,
        loseReply: () => proxy.loseReply({ match: SCRIPT }),
        cut: () => proxy.loseRequest({ match: SCRIPT }),
        duplicate: () => proxy.duplicate({ match: SCRIPT, when: 'later' }),
        delay: (ms) => proxy.delay({ direction: 'reply', match: SCRIPT, ms, times: 1 }),
        close: async () => {
          await close()
          await proxy.stop()
        },
      }
    },
  }
}
