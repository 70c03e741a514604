import type { LockBackend } from '@holdfast/core'
import {
  checkRedisOptions,
  redisBackend,
  type RedisBackendOptions,
  type RedisTransport,
  type ScanPage,
} from '@holdfast/core/redis'
import { checkClient, checkListener, type GlideClient, type GlideListener } from './client.js'
import { failureOf } from './failure.js'
import { subscriberOf } from './subscribe.js'

export type { GlideClient, GlideListener } from './client.js'

/** A client that reads from replicas would ask one after the other, and the cursor of one means nothing to another. */
const SCAN = `return redis.call('SCAN',ARGV[1],'MATCH',ARGV[2],'COUNT',ARGV[3])`

/** Options of {@link glideBackend}. */
export interface GlideBackendOptions extends RedisBackendOptions {
  /** Another client, for notifications alone: its messages are taken from it. Default: none, and waiters poll. */
  readonly listener?: GlideListener | undefined
}

/**
 * A backend over a `GlideClient` of yours. Both clients stay yours: neither is closed.
 *
 * @throws TypeError when this is no such client, or `listener` is the same one.
 */
export function glideBackend(client: GlideClient, options: GlideBackendOptions = {}): LockBackend {
  checkClient(client)
  checkRedisOptions('valkey-glide', options, ['listener'])
  const { listener, ...rest } = options
  if (listener !== undefined) checkListener(listener, client)
  const send = async (...words: string[]): Promise<unknown> => {
    try {
      return await client.customCommand(words)
    } catch (error) {
      throw failureOf(error)
    }
  }
  const scanPage: ScanPage = async (cursor, pattern, count) => {
    const page = await send('EVAL', SCAN, '0', cursor, pattern, String(count))
    const [next, keys] = Array.isArray(page) ? (page as unknown[]) : []
    return {
      cursor: typeof next === 'number' ? String(next) : next,
      keys: Array.isArray(keys) ? keys.map(String) : keys,
    }
  }
  const transport: RedisTransport = {
    name: 'valkey-glide',
    clustered: false,
    evalsha: (sha1, keys, args) => send('EVALSHA', sha1, String(keys.length), ...keys, ...args),
    eval: (source, keys, args) => send('EVAL', source, String(keys.length), ...keys, ...args),
    // The client reconnects by itself, and does not say when: not a number, which never equals itself.
    connection: () => Number.NaN,
    // Backends over one listener share its notifications.
    client: listener ?? client,
    scanNodes: async () => [scanPage],
    ...(listener && { openSubscriber: (events) => subscriberOf(listener, events) }),
  }
  return redisBackend(transport, rest)
}
