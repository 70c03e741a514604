import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { findServerlessRedisHttp, startUpstashGateway } from '@holdfast/testkit/upstash'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from '@upstash/redis'
import { Redis as CloudflareRedis } from '@upstash/redis/cloudflare'
import { Redis as SocketRedis } from 'ioredis'
import { afterAll, test } from 'vitest'
import { Redis as LowestRedis } from 'upstash-redis-1.20'
import { type UpstashClient, upstashBackend } from '../src/index.js'

const server = await startRedis()
const { url, token, stop } = await startUpstashGateway({ target: server })
afterAll(stop)

type Target = ReturnType<typeof redisTarget>

const over =
  (make: () => UpstashClient, prefix: string, fencing = true) =>
  async (): Promise<RedisHandle> => ({ backend: upstashBackend(make(), { prefix, fencing }), close: () => {} })

function target(name: string, prefix: string, make: () => UpstashClient, fencing = true): Target {
  const open = over(make, prefix, fencing)
  return redisTarget({ name, server, prefix, handles: [open, open] })
}

testConformance(target('upstash', 'lock:', () => new Redis({ url, token })))
testConformance(target('upstash without fences', 'unfenced:', () => new Redis({ url, token }), false))
testConformance(
  target(
    'upstash with other options',
    'other:',
    () =>
      new Redis({
        url,
        token,
        enableAutoPipelining: false,
        automaticDeserialization: false,
        responseEncoding: false,
        readYourWrites: false,
        retry: { retries: 0 },
        signal: () => AbortSignal.timeout(5_000),
      }),
  ),
)
testConformance(target('upstash for Cloudflare', 'workers:', () => new CloudflareRedis({ url, token })))
testConformance(target('the lowest upstash', 'low:', () => new LowestRedis({ url, token })))

const prefix = 'mixed:'
const overSocket = async (): Promise<RedisHandle> => {
  const client = new SocketRedis(server.port)
  return { backend: ioredisBackend(client, { prefix }), close: () => client.disconnect() }
}
const overHttp = over(() => new Redis({ url, token }), prefix)
testConformance(redisTarget({ name: 'upstash beside ioredis', server, prefix, handles: [overHttp, overSocket] }))

// The gateway is ours, and might share a mistake with the adapter: this one is not.
const found = await findServerlessRedisHttp()
if (typeof found === 'string') {
  test('conformance of upstash through serverless-redis-http', ({ skip }) => skip(found))
} else {
  const endpoint = await found.start(server)
  afterAll(endpoint.stop)
  testConformance(target('upstash through serverless-redis-http', 'srh:', () => new Redis(endpoint)))
}
