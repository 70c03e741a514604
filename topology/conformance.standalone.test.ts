import { memoryBackend, memoryStore } from '@holdfast/core'
import { virtualClock } from '@holdfast/testkit'
import { startRedis } from '@holdfast/testkit/redis'
import { findServerlessRedisHttp, startUpstashGateway } from '@holdfast/testkit/upstash'
import { testConformance } from '@holdfast/testkit/vitest'
import { afterAll, describe, test } from 'vitest'
import { pool, standalone, targetOf } from './support/clients.js'
import { upstash } from './support/upstash.js'

const clock = virtualClock()
testConformance({
  name: 'memory',
  clock,
  open: async () => {
    const store = memoryStore()
    return { backends: [memoryBackend({ clock, store }), memoryBackend({ clock, store })] }
  },
})

const server = await startRedis()
const gateway = await startUpstashGateway({ target: server })
afterAll(async () => {
  await gateway.stop()
  await server.stop()
})
const { product, version, source } = server
const where = `${product} ${version} (${source})`

// Every client, and every pair of two: each respects the holds of the other, in both directions.
const clients = [...standalone(server), pool(server), upstash(gateway)]
for (const one of clients) {
  for (const other of clients) {
    const who = one === other ? one.name : `${one.name} with ${other.name}`
    testConformance(targetOf(`${who}, ${where}`, server, one, other))
  }
}

// The gateway is our own code and might share a mistake with the adapter: this endpoint is not.
const found = await findServerlessRedisHttp()
if (typeof found === 'string') {
  describe('conformance of upstash through serverless-redis-http', () => {
    test('cannot be had here', ({ skip }) => skip(found))
  })
} else {
  const endpoint = await found.start(server)
  afterAll(endpoint.stop)
  testConformance(targetOf('upstash through serverless-redis-http', server, upstash(endpoint)))
}
