import { type RedisHandle, redisTarget, type RedisServer } from '@holdfast/testkit/redis'
import { type UpstashClient, upstashBackend } from '../../src/index.js'

export interface Spec {
  readonly name: string
  readonly prefix: string
  readonly make: () => UpstashClient
  readonly fencing?: boolean
}

/** Opens a backend over a client of its own. */
export const overHttp =
  ({ make, prefix, fencing = true }: Omit<Spec, 'name'>) =>
  async (): Promise<RedisHandle> => ({ backend: upstashBackend(make(), { prefix, fencing }), close: () => {} })

/** A target of the suite: two backends on one endpoint, each over a client of its own. */
export function targetOf(server: RedisServer, spec: Spec): ReturnType<typeof redisTarget> {
  const open = overHttp(spec)
  return redisTarget({ name: spec.name, server, prefix: spec.prefix, handles: [open, open] })
}
