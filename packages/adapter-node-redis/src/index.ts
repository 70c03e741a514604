import type { LockBackend } from '@holdfast/core'
import { redisBackend, type RedisBackendOptions } from '@holdfast/core/redis'
import { checkClient, checkReady, type NodeRedisClient } from './client.js'
import { scanOf } from './scan.js'
import { subscribe } from './subscribe.js'

export type { NodeRedisClient, NodeRedisNode, NodeRedisSubscriber, ScanOptions, ScanReply } from './client.js'

/**
 * A backend over a node-redis client of yours, made by `createClient`, `createCluster`, `createSentinel` or
 * `createClientPool`. Connect it, and give it an `error` listener.
 *
 * The client stays yours: it is neither connected, closed nor changed, and right with its default options. For hints
 * whose turn it is, the backend makes one duplicate of it at the first need, which `locker.close()` ends.
 *
 * @throws TypeError when this is no such client.
 */
export function nodeRedisBackend(client: NodeRedisClient, options?: RedisBackendOptions): LockBackend {
  checkClient(client)
  const { duplicate } = client
  return redisBackend(
    {
      name: 'node-redis',
      clustered: isCluster(client),
      evalsha: async (sha1, keys, args) => {
        checkReady(client)
        return client.evalSha(sha1, { keys, arguments: args })
      },
      eval: (source, keys, args) => client.eval(source, { keys, arguments: args }),
      ...(duplicate !== undefined && {
        subscribe: (channels, onMessage) => subscribe(duplicate.call(client), channels, onMessage),
      }),
      ...scanOf(client),
      executed,
    },
    options,
  )
}

const isCluster = (client: object): boolean => 'slots' in client

/** Errors by which node-redis says that a command never left the process. Its bundles may rename them: then unknown. */
const NOT_SENT = new Set(['ClientClosedError', 'ClientOfflineError', 'TimeoutError'])

/** By name, and not by `instanceof`: the client may come from another realm. */
function executed(error: unknown): 'no' | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { name }: { readonly name?: unknown } = error
  return name === 'TypeError' || NOT_SENT.has(error.constructor?.name) ? 'no' : undefined
}
