import { proxyFaults, type RedisHandle, redisTarget, type RedisServer } from '@holdfast/testkit/redis'
import { type NodeRedisClient, nodeRedisBackend } from '../../src/index.js'

interface Connectable extends NodeRedisClient {
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}

export interface Spec {
  readonly name: string
  readonly prefix: string
  readonly make: () => Connectable
  /** A client of a proxy before the server. Without it no calls are disturbed. */
  readonly through?: (url: string) => Connectable
  readonly fencing?: boolean
}

/** A target of the suite: two backends on one server, each over a client of its own. */
export function targetOf(
  server: RedisServer,
  { name, prefix, make, through, fencing = true }: Spec,
): ReturnType<typeof redisTarget> {
  const open = async (client: Connectable): Promise<RedisHandle> => {
    client.on('error', () => {})
    await client.connect()
    return { backend: nodeRedisBackend(client, { prefix, fencing }), close: async () => void client.destroy() }
  }
  const faults = through && proxyFaults(server, ({ url }) => open(through(url)))
  return redisTarget({ name, server, prefix, handles: [() => open(make()), () => open(make())], faults })
}
