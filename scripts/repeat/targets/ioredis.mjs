import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { proxyFaults, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { delayed } from '../delayed.mjs'

const server = await startRedis()
const prefix = 'lock:'

async function open(port = server.port) {
  const client = new Redis(port)
  client.on('error', () => {})
  return { backend: ioredisBackend(client, { prefix }), close: () => client.disconnect() }
}

const handles = /** @type {const} */ ([() => open(), () => open()])
const faults = proxyFaults(server, ({ port }) => open(port))
export default delayed(redisTarget({ name: 'ioredis', server, prefix, handles, faults }))
