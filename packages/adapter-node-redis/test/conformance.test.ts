import { type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { createClient, createClientPool, RESP_TYPES } from 'redis'
import { createClient as createLowestClient } from 'redis-5'
import { type NodeRedisClient, nodeRedisBackend } from '../src/index.js'

const server = await startRedis()
const { url } = server

interface Connectable extends NodeRedisClient {
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

const handle =
  (make: () => Connectable, prefix: string, fencing = true) =>
  async (): Promise<RedisHandle> => {
    const client = make()
    client.on('error', () => {})
    await client.connect()
    return { backend: nodeRedisBackend(client, { prefix, fencing }), close: async () => void client.destroy() }
  }

const target = (
  name: string,
  prefix: string,
  make: () => Connectable,
  fencing = true,
): ReturnType<typeof redisTarget> => {
  const open = handle(make, prefix, fencing)
  return redisTarget({ name, server, prefix, handles: [open, open] })
}

testConformance(target('node-redis', 'lock:', () => createClient({ url })))
testConformance(target('node-redis without fences', 'unfenced:', () => createClient({ url }), false))
testConformance(target('node-redis without a prefix', '', () => createClient({ url })))
testConformance(target('node-redis with RESP 2', 'resp2:', () => createClient({ url, RESP: 2 })))
testConformance(
  target('node-redis that answers with buffers', 'buffers:', () =>
    createClient({ url }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }),
  ),
)
testConformance(target('a node-redis pool', 'pool:', () => createClientPool({ url })))
testConformance(target('the lowest node-redis', 'low:', () => createLowestClient({ url })))
