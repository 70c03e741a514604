import { type RedisHandle, redisTarget, type RedisServer } from '@holdfast/testkit/redis'
import { gatewayFaults } from '@holdfast/testkit/upstash'
import { type UpstashClient, upstashBackend } from '../../src/index.js'

interface Endpoint {
  readonly url: string
  readonly token: string
}

export interface Spec {
  readonly name: string
  readonly prefix: string
  readonly make: () => UpstashClient
  /** A client of another gateway. Without it no calls are disturbed. */
  readonly through?: (endpoint: Endpoint) => UpstashClient
  readonly fencing?: boolean
}

/** Opens a backend over a client of its own. */
export const overHttp =
  ({ make, prefix, fencing = true }: Omit<Spec, 'name' | 'through'>) =>
  async (): Promise<RedisHandle> => ({ backend: upstashBackend(make(), { prefix, fencing }), close: () => {} })

/** A target of the suite: two backends on one endpoint, each over a client of its own. */
export function targetOf(server: RedisServer, spec: Spec): ReturnType<typeof redisTarget> {
  const { name, prefix, through } = spec
  const open = overHttp(spec)
  const faults = through && gatewayFaults(server, (endpoint) => overHttp({ ...spec, make: () => through(endpoint) })())
  return redisTarget({ name, server, prefix, handles: [open, open], faults })
}
