import { type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from 'ioredis'
import lowest from 'ioredis-5'
import { Redis as Valkey } from 'iovalkey'
import { Redis as LowestValkey } from 'iovalkey-lowest'
import { coalescing } from '../../core/dist/timers/coalescer.js'
import { type IoredisClient, ioredisBackend } from '../src/index.js'

const LowestRedis = lowest.default

const server = await startRedis()
const { port } = server

interface Disconnectable extends IoredisClient {
  disconnect(): void
}

function target(
  name: string,
  prefix: string,
  make: () => Disconnectable,
  fencing = true,
  together = Infinity,
): ReturnType<typeof redisTarget> {
  const open = async (): Promise<RedisHandle> => {
    const client = make()
    coalescing.most = together
    const backend = ioredisBackend(client, { prefix, fencing })
    coalescing.most = Infinity
    return { backend, close: () => client.disconnect() }
  }
  return redisTarget({ name, server, prefix, handles: [open, open] })
}

testConformance(target('ioredis', 'lock:', () => new Redis(port)))
testConformance(target('ioredis, each call sent by itself', 'single:', () => new Redis(port), true, 1))
testConformance(target('ioredis without fences', 'unfenced:', () => new Redis(port), false))
testConformance(target('ioredis without a prefix', '', () => new Redis(port)))
testConformance(target('ioredis with RESP 2', 'resp2:', () => new Redis(port, { protocol: 2 })))
testConformance(
  target('ioredis with unusual replies', 'odd:', () => new Redis(port, { stringNumbers: true, replyMapping: 'resp3' })),
)
testConformance(target('iovalkey', 'valkey:', () => new Valkey(port)))
testConformance(target('the lowest iovalkey', 'lowvalkey:', () => new LowestValkey(port)))
testConformance(target('the lowest ioredis', 'low:', () => new LowestRedis(port)))
