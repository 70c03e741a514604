// node-redis for the conformance suite, with disturbed calls. REDIS_URL says where the server is.
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { proxyFaults, redisTarget } from '@holdfast/testkit/redis'
import { createClient } from 'redis'

const url = process.env.REDIS_URL ?? ''
const server = { host: new URL(url).hostname, port: Number(new URL(url).port) }
const prefix = `${process.env.PREFIX ?? 'suite'}:`

/** @param {string} at */
const open = async (at) => {
  const client = createClient({ url: at })
  client.on('error', () => {})
  await client.connect()
  return { backend: nodeRedisBackend(client, { prefix }), close: async () => client.destroy() }
}
const own = () => open(url)

export default redisTarget({
  name: 'node-redis',
  server,
  prefix,
  handles: [own, own],
  faults: proxyFaults(server, (proxy) => open(proxy.url)),
})
