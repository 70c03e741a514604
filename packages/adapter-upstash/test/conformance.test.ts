import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { startUpstashGateway } from '@holdfast/testkit/upstash'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from '@upstash/redis'
import { Redis as SocketRedis } from 'ioredis'
import { afterAll } from 'vitest'
import { overHttp, targetOf } from './support/target.js'

const server = await startRedis()
const { url, token, stop } = await startUpstashGateway({ target: server })
afterAll(stop)

testConformance(
  targetOf(server, {
    name: 'upstash',
    prefix: 'lock:',
    make: () => new Redis({ url, token }),
    through: (gateway) => new Redis({ url: gateway.url, token: gateway.token }),
  }),
)

const prefix = 'mixed:'
const overSocket = async (): Promise<RedisHandle> => {
  const client = new SocketRedis(server.port)
  return { backend: ioredisBackend(client, { prefix }), close: () => client.disconnect() }
}
const overRequests = overHttp({ prefix, make: () => new Redis({ url, token }) })
testConformance(redisTarget({ name: 'upstash beside ioredis', server, prefix, handles: [overRequests, overSocket] }))
