import type { LockBackend } from '@holdfast/core'
import { checkRedisOptions, redisBackend, type RedisBackendOptions } from '@holdfast/core/redis'
import { checkClient, type UpstashClient } from './client.js'
import { checkConnection, maySendAgain } from './connection.js'
import { failureOf } from './failure.js'
import { scanOf } from './scan.js'

export type { UpstashClient } from './client.js'

/** Options of {@link upstashBackend}. */
export interface UpstashBackendOptions extends RedisBackendOptions {
  /**
   * Whether the client may send its token, and the owners of locks, over plain http to another machine. When false,
   * which is the default, such a url is refused; `http://localhost` and other loopback addresses never are.
   */
  readonly allowInsecureUrl?: boolean | undefined
}

/**
 * A backend over a client of yours of `@upstash/redis`, on any platform that has `fetch`.
 *
 * The client stays yours and unchanged, and is right with its default options. No notification arrives over HTTP, so the
 * backend has no `watch`, and a waiter asks again from time to time.
 *
 * @throws TypeError when this is no such client, or one that cannot be right: a static `signal`, a `cache` other than
 * `'no-store'`, `next` options, no url or token, plain http to another machine. The message shows neither url nor token.
 */
export function upstashBackend(client: UpstashClient, options: UpstashBackendOptions = {}): LockBackend {
  checkClient(client)
  checkRedisOptions('upstash', options, ['allowInsecureUrl'])
  const { allowInsecureUrl = false, ...rest } = options
  checkConnection(client, allowInsecureUrl)
  // The client's own errors quote the whole command, scripts, owners and commands of others included.
  const safe = async (reply: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await reply()
    } catch (error) {
      throw failureOf(error, client)
    }
  }
  return redisBackend(
    {
      name: 'upstash',
      clustered: false,
      // A framework may cache every fetch of a page, whatever the client says: no two requests are alike.
      distinct: true,
      // Which of its requests were sent twice cannot be seen.
      ...(maySendAgain(client) && { connection: () => Number.NaN }),
      evalsha: (sha1, keys, args) => safe(() => client.evalsha(sha1, keys, args)),
      eval: (source, keys, args) => safe(() => client.eval(source, keys, args)),
      ...scanOf(client, safe),
    },
    rest,
  )
}
