import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { Redis } from 'ioredis'
import type { StoreChoice } from './choose.js'
import type { Store } from './open.js'

const MOST_BETWEEN_MS = 1_000
/** A connection that says nothing for so long is made anew, well within a ttl. */
const SILENT_MS = 2_000

/** Connects to a Redis server. Rejects when the first connection fails; a later one that breaks is made anew. */
export async function openRedis(
  { url, prefix }: Extract<StoreChoice, { kind: 'redis' }>,
  timeoutMs: number,
): Promise<Store> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    // As docs/redis.md recommends.
    maxRetriesPerRequest: 0,
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (times) => Math.min(25 * 2 ** times, MOST_BETWEEN_MS),
  })
  let reason: Error | undefined
  client.on('error', (error: Error) => (reason ??= error))
  try {
    // Throws for a bad prefix, before any connection.
    const backend = ioredisBackend(client, { prefix })
    await client.connect()
    // Not before: at the start the caller waits for `timeoutMs`.
    client.options.socketTimeout = SILENT_MS
    return { backend, close: () => client.disconnect() }
  } catch (error) {
    client.disconnect()
    throw reason ?? error
  }
}
