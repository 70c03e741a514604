import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from 'ioredis'
import lowest from 'ioredis-5'
import { Redis as Valkey } from 'iovalkey'
import { Redis as LowestValkey } from 'iovalkey-lowest'
import { type Spec, targetOf } from './support/target.js'

const LowestRedis = lowest.default

const server = await startRedis()
const { port } = server

/**
 * Leaves the connection in database 0, where the cases about foreign values plant their values. Each script of the
 * backend selects its own database.
 */
function backInDatabase0(client: Redis): Redis {
  client.select(0).catch(() => {})
  return client
}

const variants: readonly Spec[] = [
  { name: 'ioredis, each call sent by itself', prefix: 'single:', make: () => new Redis(port), together: 1 },
  { name: 'ioredis without fences', prefix: 'unfenced:', make: () => new Redis(port), fencing: false },
  { name: 'ioredis without a prefix', prefix: '', make: () => new Redis(port) },
  { name: 'ioredis of another database', prefix: 'db:', make: () => backInDatabase0(new Redis(port, { db: 3 })) },
  { name: 'ioredis with RESP 2', prefix: 'resp2:', make: () => new Redis(port, { protocol: 2 }) },
  {
    name: 'ioredis with unusual replies',
    prefix: 'odd:',
    make: () => new Redis(port, { stringNumbers: true, replyMapping: 'resp3' }),
  },
  {
    name: 'the lowest ioredis',
    prefix: 'low:',
    make: () => new LowestRedis(port),
    through: (proxy) => new LowestRedis(proxy),
  },
  { name: 'iovalkey', prefix: 'valkey:', make: () => new Valkey(port) },
  { name: 'the lowest iovalkey', prefix: 'lowvalkey:', make: () => new LowestValkey(port) },
]

for (const variant of variants) testConformance(targetOf(server, variant))
