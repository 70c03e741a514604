import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis'
import { nodeRedisBackend } from '../src/index.js'

// Compiles without a cast: the structural client type accepts every client object of node-redis.
export const accepted = (): unknown[] => [
  nodeRedisBackend(createClient()),
  nodeRedisBackend(createClient({ RESP: 2 })),
  nodeRedisBackend(createClient().withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })),
  nodeRedisBackend(createCluster({ rootNodes: [] })),
  nodeRedisBackend(createSentinel({ name: 'mymaster', sentinelRootNodes: [] })),
  nodeRedisBackend(createClientPool()),
]
