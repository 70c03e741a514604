import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { proxyFaults, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { createClient } from 'redis'
import { delayed } from '../delayed.mjs'

const server = await startRedis()
const prefix = 'lock:'

async function open(url = server.url) {
  const client = createClient({ url })
  client.on('error', () => {})
  await client.connect()
  return { backend: nodeRedisBackend(client, { prefix }), close: () => client.destroy() }
}

const handles = /** @type {const} */ ([() => open(), () => open()])
const faults = proxyFaults(server, ({ url }) => open(url))
export default delayed(redisTarget({ name: 'node-redis', server, prefix, handles, faults }))
