import { proxyFaults, type RedisHandle, redisTarget, type RedisServer } from '@holdfast/testkit/redis'
import { coalescing } from '../../../core/dist/timers/coalescer.js'
import { type IoredisClient, ioredisBackend } from '../../src/index.js'

interface Disconnectable extends IoredisClient {
  on(event: 'error', listener: (error: Error) => void): unknown
  disconnect(): void
}

export interface Spec {
  readonly name: string
  readonly prefix: string
  readonly make: () => Disconnectable
  /** A client of a proxy before the server. Without it no calls are disturbed. */
  readonly through?: (port: number) => Disconnectable
  readonly fencing?: boolean
  /** The largest number of claims in one command. */
  readonly together?: number
}

/** A target of the suite: two backends on one server, each over a client of its own. */
export function targetOf(
  server: RedisServer,
  { name, prefix, make, through, fencing = true, together = Infinity }: Spec,
): ReturnType<typeof redisTarget> {
  const open = async (client: Disconnectable): Promise<RedisHandle> => {
    client.on('error', () => {})
    coalescing.most = together
    const backend = ioredisBackend(client, { prefix, fencing })
    coalescing.most = Infinity
    return { backend, close: () => client.disconnect() }
  }
  const faults = through && proxyFaults(server, ({ port }) => open(through(port)))
  return redisTarget({ name, server, prefix, handles: [() => open(make()), () => open(make())], faults })
}
