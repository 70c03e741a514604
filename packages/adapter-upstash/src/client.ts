/** The members of a client of `@upstash/redis`, from any of its entry points, that are called. */
export interface UpstashClient {
  evalsha(sha1: string, keys: string[], args: string[]): Promise<unknown>
  eval(script: string, keys: string[], args: string[]): Promise<unknown>
  scan?(cursor: string | number, options: { match: string; count: number }): Promise<unknown>
}

/** The properties by which mistakes are recognised. */
interface Look {
  readonly evalsha?: unknown
  readonly eval?: unknown
  readonly evalSha?: unknown
}

/** Says which mistake was made, before a lock depends on the client. */
export function checkClient(client: unknown): asserts client is UpstashClient {
  if ((typeof client !== 'object' && typeof client !== 'function') || client === null) {
    throw new TypeError(
      `upstashBackend needs a client of @upstash/redis, got ${client === null ? 'null' : typeof client}`,
    )
  }
  const hint = hintOf(client)
  if (hint !== undefined) throw new TypeError(`upstashBackend needs a client of @upstash/redis: ${hint}`)
}

/** By what is `in` the object: reading a property of a client that pipelines by itself asks its pipeline too. */
function hintOf(client: object): string | undefined {
  if ('evalSha' in client)
    return 'this looks like a node-redis client: use nodeRedisBackend of @holdfast/adapter-node-redis'
  if ('duplicate' in client) return 'this looks like an ioredis client: use ioredisBackend of @holdfast/adapter-ioredis'
  if ('commands' in client && !('pipeline' in client)) {
    return 'this is a pipeline or a transaction, whose commands are not sent until exec()'
  }
  const { evalsha, eval: evaluate }: Look = client
  if (typeof evalsha === 'function' && typeof evaluate === 'function') return undefined
  return 'then' in client ? 'this is a promise: await it first' : 'this is none'
}
