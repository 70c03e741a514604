import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { createClient, createClientPool, RESP_TYPES } from 'redis'
import { createClient as createLowestClient } from 'redis-5'
import { type Spec, targetOf } from './support/target.js'

const server = await startRedis()
const { url } = server

const variants: readonly Spec[] = [
  { name: 'node-redis without fences', prefix: 'unfenced:', make: () => createClient({ url }), fencing: false },
  { name: 'node-redis without a prefix', prefix: '', make: () => createClient({ url }) },
  { name: 'node-redis with RESP 2', prefix: 'resp2:', make: () => createClient({ url, RESP: 2 }) },
  {
    name: 'node-redis that answers with buffers',
    prefix: 'buffers:',
    make: () => createClient({ url }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }),
  },
  {
    name: 'the lowest node-redis',
    prefix: 'low:',
    make: () => createLowestClient({ url }),
    through: (proxy) => createLowestClient({ url: proxy }),
  },
  { name: 'a node-redis pool', prefix: 'pool:', make: () => createClientPool({ url }) },
]

for (const variant of variants) testConformance(targetOf(server, variant))
