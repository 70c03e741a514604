import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { findServerlessRedisHttp, startUpstashGateway } from '@holdfast/testkit/upstash'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from '@upstash/redis'
import { Redis as CloudflareRedis } from '@upstash/redis/cloudflare'
import { Redis as SocketRedis } from 'ioredis'
import { afterAll, test } from 'vitest'
import { Redis as LowestRedis } from 'upstash-redis-1.20'
import { overHttp, type Spec, targetOf } from './support/target.js'

const server = await startRedis()
const { url, token, stop } = await startUpstashGateway({ target: server })
afterAll(stop)

const unusual = {
  enableAutoPipelining: false,
  automaticDeserialization: false,
  responseEncoding: false,
  readYourWrites: false,
  retry: { retries: 0 },
  signal: () => AbortSignal.timeout(30_000),
} as const

const variants: readonly Spec[] = [
  { name: 'upstash without fences', prefix: 'unfenced:', make: () => new Redis({ url, token }), fencing: false },
  { name: 'upstash with other options', prefix: 'other:', make: () => new Redis({ url, token, ...unusual }) },
  { name: 'upstash for Cloudflare', prefix: 'workers:', make: () => new CloudflareRedis({ url, token }) },
  { name: 'the lowest upstash', prefix: 'low:', make: () => new LowestRedis({ url, token }) },
]

for (const variant of variants) testConformance(targetOf(server, variant))

const prefix = 'mixed:'
const overSocket = async (): Promise<RedisHandle> => {
  const client = new SocketRedis(server.port)
  return { backend: ioredisBackend(client, { prefix }), close: () => client.disconnect() }
}
const overRequests = overHttp({ prefix, make: () => new Redis({ url, token }) })
testConformance(redisTarget({ name: 'upstash beside ioredis', server, prefix, handles: [overRequests, overSocket] }))

// The gateway is our own code and might share a mistake with the adapter: this endpoint is not.
const found = await findServerlessRedisHttp()
if (typeof found === 'string') {
  test('conformance of upstash through serverless-redis-http', ({ skip }) => skip(found))
} else {
  const endpoint = await found.start(server)
  afterAll(endpoint.stop)
  const make = (): Redis => new Redis(endpoint)
  testConformance(targetOf(server, { name: 'upstash through serverless-redis-http', prefix: 'srh:', make }))
}
