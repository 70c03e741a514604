// Our backends over each client library, as a worker process opens them.
/**
 * @typedef {import('@holdfast/testkit/torture').Connection} Connection
 * @typedef {{ readonly host: string, readonly port: number }} Address
 * @typedef {{
 *   readonly name: string,
 *   readonly client: 'ioredis' | 'node-redis' | 'upstash',
 *   readonly address?: Address,
 *   readonly addresses?: readonly Address[],
 *   readonly sentinel?: string,
 *   readonly map?: Readonly<Record<string, Address>>,
 *   readonly url?: string,
 *   readonly token?: string,
 * }} Place
 */
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { upstashBackend } from '@holdfast/adapter-upstash'

/** @param {Place} place @returns {Promise<Connection>} */
export async function connect(place) {
  if (place.client === 'ioredis') return ofIoredis(place)
  return place.client === 'node-redis' ? ofNodeRedis(place) : ofUpstash(place)
}

/** @param {Place} place @returns {Promise<Connection>} */
async function ofIoredis({ address, addresses = [], sentinel, map }) {
  const { Cluster, Redis } = await import('ioredis')
  const natMap = map === undefined ? {} : { natMap: { ...map } }
  const client =
    address !== undefined
      ? new Redis(address.port, address.host)
      : sentinel !== undefined
        ? new Redis({ sentinels: [...addresses], name: sentinel, ...natMap })
        : new Cluster([...addresses], natMap)
  client.on('error', () => {})
  return { backend: ioredisBackend(client), close: () => client.disconnect() }
}

/** @param {Place} place @returns {Promise<Connection>} */
async function ofNodeRedis({ address, addresses = [], sentinel, map }) {
  const { createClient, createCluster, createSentinel } = await import('redis')
  const nodes = map === undefined ? {} : { nodeAddressMap: { ...map } }
  const client =
    address !== undefined
      ? createClient({ socket: { ...address } })
      : sentinel !== undefined
        ? createSentinel({ name: sentinel, sentinelRootNodes: [...addresses], ...nodes })
        : createCluster({ rootNodes: addresses.map((each) => ({ socket: { ...each } })), ...nodes })
  client.on('error', () => {})
  // A store that is away for a moment must not end this process.
  await client.connect()
  return { backend: nodeRedisBackend(client), close: () => client.destroy() }
}

/** @param {Place} place @returns {Promise<Connection>} */
async function ofUpstash({ url = '', token = '' }) {
  const { Redis } = await import('@upstash/redis')
  return { backend: upstashBackend(new Redis({ url, token })) }
}
