import type { LockBackend } from '@holdfast/core'
import { type ClientState, redisBackend, type RedisBackendOptions } from '@holdfast/core/redis'
import { checkClient, checkReady, type NodeRedisClient } from './client.js'
import { scanOf } from './scan.js'
import { subscriberOf } from './subscribe.js'

export type {
  NodeRedisClient,
  NodeRedisMaster,
  NodeRedisNode,
  NodeRedisOriginal,
  NodeRedisSubscriber,
  ScanOptions,
  ScanReply,
} from './client.js'

/**
 * A backend over a node-redis client of yours, made by `createClient`, `createCluster`, `createSentinel` or
 * `createClientPool`. Connect it, and give it an `error` listener.
 *
 * The client stays yours: it is neither connected, closed nor changed, and right with its default options. For
 * notifications, all backends over it share one connection of their own, made at the first need with the options of the
 * client, and made anew whenever it ends. It ends with the last locker that uses it, or with the client.
 *
 * @throws TypeError when this is no such client.
 */
export function nodeRedisBackend(client: NodeRedisClient, options?: RedisBackendOptions): LockBackend {
  checkClient(client)
  return redisBackend(
    {
      name: 'node-redis',
      clustered: isCluster(client),
      ordered: isSingle(client),
      evalsha: async (sha1, keys, args) => {
        checkReady(client)
        return client.evalSha(sha1, { keys, arguments: args })
      },
      eval: (source, keys, args) => client.eval(source, { keys, arguments: args }),
      client,
      state: () => stateOf(client),
      ...subscriberOf(client),
      ...scanOf(client),
      // Sentinel asks again when it has lost a connection, and does not say so: the last error says nothing of the first try.
      ...(client.use === undefined
        ? { executed: (error) => (wasNotSent(error, isCluster(client)) ? 'no' : undefined) }
        : { connection: () => Number.NaN }),
    },
    options,
  )
}

const isCluster = (client: object): boolean => 'slots' in client
/** A cluster, a pool and Sentinel have several connections. */
const isSingle = (client: NodeRedisClient): boolean =>
  !isCluster(client) && client.use === undefined && client.duplicate !== undefined

/** Errors by which node-redis says that a command never left the process. Its bundles may rename them: then unknown. */
const NOT_SENT = new Set(['ClientClosedError', 'ClientOfflineError', 'TimeoutError', 'TypeError'])
const QUEUE_IS_FULL = 'The queue is full'

function wasNotSent(error: unknown, ofCluster: boolean): boolean {
  if (typeof error !== 'object' || error === null) return false
  // By name, and not by `instanceof`: the client may come from another realm.
  const { constructor, message }: { readonly constructor?: { name?: string }; readonly message?: unknown } = error
  const name = constructor?.name ?? ''
  // A cluster whose slots are being moved gives up what it has sent with this error, too.
  if (ofCluster && name === 'TimeoutError') return false
  return NOT_SENT.has(name) || message === QUEUE_IS_FULL
}

function stateOf({ isOpen, isReady, options }: NodeRedisClient): ClientState {
  if (isOpen === false) return 'closed'
  if (isReady !== false) return 'ready'
  return options?.disableOfflineQueue === true ? 'offline' : 'connecting'
}
