import { findRedisServer } from './find/find-server.js'
import type { RedisOptions } from './find/source.js'
import type { RedisServer } from './server.js'

/**
 * Starts a real Redis server for tests, found or fetched as {@link findRedisServer} says: on 127.0.0.1, on a free port,
 * without persistence, empty. It ends with this process, however that ends, and does not keep it alive.
 *
 * @example
 * ```ts
 * await using redis = await startRedis({ args: ['--maxmemory', '5mb'] })
 * const client = new Redis(redis.port)
 * ```
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const found = await findRedisServer(options)
  return found.start(options)
}
