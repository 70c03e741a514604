// ioredis for the conformance suite, with disturbed calls. REDIS_URL says where the server is.
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { proxyFaults, redisTarget } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'

const { hostname: host, port } = new URL(process.env.REDIS_URL ?? '')
const server = { host, port: Number(port) }
const prefix = `${process.env.PREFIX ?? 'suite'}:`

/** @param {number} at */
const open = async (at) => {
  const client = new Redis(at, host)
  client.on('error', () => {})
  return { backend: ioredisBackend(client, { prefix }), close: () => client.disconnect() }
}
const own = () => open(server.port)

export default redisTarget({
  name: 'ioredis',
  server,
  prefix,
  handles: [own, own],
  faults: proxyFaults(server, (proxy) => open(proxy.port)),
})
