import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster, Redis as Valkey } from 'iovalkey'
import { ioredisBackend } from '../src/index.js'

// Compiles without a cast: the structural client type accepts every client object of ioredis.
export const accepted = (): unknown[] => [
  ioredisBackend(new Redis()),
  ioredisBackend(new Redis({ sentinels: [], name: 'mymaster' })),
  ioredisBackend(new Redis({ stringNumbers: true, replyMapping: 'resp3' })),
  ioredisBackend(new Cluster([])),
  ioredisBackend(new Valkey()),
  ioredisBackend(new ValkeyCluster([])),
]
