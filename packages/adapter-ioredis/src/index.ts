import type { LockBackend } from '@holdfast/core'
import { redisBackend, type RedisBackendOptions } from '@holdfast/core/redis'
import { checkClient, type IoredisClient } from './client.js'
import { scanOf } from './scan.js'
import { subscribe } from './subscribe.js'

export type { IoredisClient, IoredisNode, IoredisSubscriber } from './client.js'

/**
 * A backend over an ioredis client of yours: `Redis`, also over Sentinel, or `Cluster`.
 *
 * The client stays yours: it is neither connected, closed nor changed, and right with its default options. For hints
 * whose turn it is, the backend makes one duplicate of it at the first need, which `locker.close()` ends.
 *
 * @throws TypeError when this is no such client.
 */
export function ioredisBackend(client: IoredisClient, options?: RedisBackendOptions): LockBackend {
  checkClient(client)
  return redisBackend(
    {
      name: 'ioredis',
      clustered: client.isCluster,
      evalsha: (sha1, keys, args) => client.evalsha(sha1, keys.length, ...keys, ...args),
      eval: (source, keys, args) => client.eval(source, keys.length, ...keys, ...args),
      // By default ioredis sends again what was in flight at a cut. A cluster tries again on whatever connection it has:
      // not a number, which never equals itself.
      connection: () => (client.isCluster ? Number.NaN : client.stream),
      subscribe: (channels, onMessage) => subscribe(client, channels, onMessage),
      ...scanOf(client),
      executed: (error) => (NOT_SENT.test(String(error)) ? 'no' : undefined),
    },
    options,
  )
}

/** What ioredis says when it has not written a command because it may not queue it. */
const NOT_SENT = /^(?:\w*Error: )?Stream isn't writeable/
