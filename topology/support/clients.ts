import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend, type NodeRedisClient } from '@holdfast/adapter-node-redis'
import { createLocker, type LockBackend, type Locker, type LockerOptions } from '@holdfast/core'
import { redisTarget, type RedisAddress, type RedisCluster, type RedisSentinel } from '@holdfast/testkit/redis'
import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'

/** A backend over a client of its own, and how to end that client. */
export interface Connected {
  readonly backend: LockBackend
  end(): unknown
}

/** A client library over one topology, with its default options unless other options are tested. */
export interface Client {
  readonly name: string
  connect(prefix?: string): Promise<Connected>
}

interface Place {
  readonly host: string
  readonly port: number
}

/** The address that a client dials in place of an announced address: `host:port` to place. */
export type AddressMap = Readonly<Record<string, Place>>

const IOREDIS = 'ioredis'
const NODE_REDIS = 'node-redis'

export const standalone = ({ port }: { readonly port: number }): readonly Client[] => [
  {
    name: IOREDIS,
    connect: async (prefix) => ofIoredis(new Redis(port), prefix),
  },
  {
    name: NODE_REDIS,
    connect: (prefix) => ofNodeRedis(createClient({ socket: { host: '127.0.0.1', port } }), prefix),
  },
]

export const pool = ({ port }: { readonly port: number }, options: { maximum?: number } = {}): Client => ({
  name: 'node-redis pool',
  connect: (prefix) =>
    ofNodeRedis(createClientPool({ socket: { host: '127.0.0.1', port } }, { minimum: 1, ...options }), prefix),
})

/** `map`: the addresses to dial instead; the nodes' own by default. */
export const ofCluster = ({ addresses }: Pick<RedisCluster, 'addresses'>, map?: AddressMap): readonly Client[] => [
  {
    name: `${IOREDIS} Cluster`,
    connect: async (prefix) => {
      const options = map === undefined ? {} : { natMap: { ...map } }
      return ofIoredis(new Cluster([...addresses], options), prefix)
    },
  },
  {
    name: `${NODE_REDIS} Cluster`,
    connect: (prefix) => {
      const rootNodes = addresses.map(({ host, port }) => ({ socket: { host, port } }))
      return ofNodeRedis(createCluster({ rootNodes, ...(map !== undefined && { nodeAddressMap: { ...map } }) }), prefix)
    },
  },
]

export const ofSentinel = (
  { addresses, name }: Pick<RedisSentinel, 'addresses' | 'name'>,
  map?: AddressMap,
): readonly Client[] => [
  {
    name: `${IOREDIS} Sentinel`,
    connect: async (prefix) => {
      const options = map === undefined ? {} : { natMap: { ...map } }
      return ofIoredis(new Redis({ sentinels: [...addresses], name, ...options }), prefix)
    },
  },
  {
    name: `${NODE_REDIS} Sentinel`,
    connect: (prefix) => {
      const nodes = map === undefined ? {} : { nodeAddressMap: { ...map } }
      return ofNodeRedis(createSentinel({ name, sentinelRootNodes: [...addresses], ...nodes }), prefix)
    },
  },
]

function ofIoredis(client: Redis | Cluster, prefix: string | undefined): Connected {
  client.on('error', () => {})
  return { backend: ioredisBackend(client, { prefix }), end: () => client.disconnect() }
}

interface Connectable extends NodeRedisClient {
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

async function ofNodeRedis(client: Connectable, prefix: string | undefined): Promise<Connected> {
  client.on('error', () => {})
  await client.connect()
  return { backend: nodeRedisBackend(client, { prefix }), end: () => client.destroy() }
}

/** A locker over a client of its own. Disposing closes the locker, then ends the client, as a user should. */
export interface Opened extends AsyncDisposable {
  readonly locks: Locker
  readonly backend: LockBackend
}

export async function open(
  client: Client,
  options: Omit<LockerOptions, 'backend'> & { readonly prefix?: string } = {},
): Promise<Opened> {
  const { prefix, ...rest } = options
  const { backend, end } = await client.connect(prefix)
  const locks = createLocker({ ...rest, backend })
  return {
    locks,
    backend,
    [Symbol.asyncDispose]: async () => {
      await locks.close()
      await end()
    },
  }
}

/** The suite over two handles, on one store, of one client or of two. */
export function targetOf(
  name: string,
  server: RedisAddress | { masterOf(key: string): Promise<RedisAddress> },
  one: Client,
  other: Client = one,
): ReturnType<typeof redisTarget> {
  const prefix = `${one.name}, ${other.name}:`
  const handle = (client: Client) => async (): Promise<{ backend: LockBackend; close: () => Promise<unknown> }> => {
    const { backend, end } = await client.connect(prefix)
    return { backend, close: async () => end() }
  }
  return redisTarget({ name, server, prefix, handles: [handle(one), handle(other)] })
}
