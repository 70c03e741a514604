import type { LockBackend } from '@holdfast/core'
import { type ClientState, redisBackend, type RedisBackendOptions } from '@holdfast/core/redis'
import { checkClient, type IoredisClient } from './client.js'
import { commandsOf } from './database.js'
import { endOf } from './end.js'
import { scanOf } from './scan.js'
import { subscriberOf } from './subscribe.js'

export type { IoredisClient, IoredisNode, IoredisSubscriber } from './client.js'

/**
 * A backend over an ioredis client of yours: `Redis`, also over Sentinel, or `Cluster`.
 *
 * The client stays yours: it is neither closed nor changed, and right with its default options. For notifications, all
 * backends over it share one connection of their own, made at the first need with the options of the client, and made
 * anew whenever it ends. It ends with the last locker that uses it, or with the client.
 *
 * @throws TypeError when this is no such client.
 */
export function ioredisBackend(client: IoredisClient, options?: RedisBackendOptions): LockBackend {
  checkClient(client)
  const commands = commandsOf(client)
  const { isEnded, checkOpen } = endOf(client)
  return redisBackend(
    {
      name: 'ioredis',
      clustered: client.isCluster,
      ordered: !client.isCluster,
      evalsha: (sha1, keys, args) => {
        checkOpen()
        return commands.evalsha(sha1, keys.length, ...keys, ...args)
      },
      eval: (source, keys, args) => {
        checkOpen()
        return commands.eval(source, keys.length, ...keys, ...args)
      },
      // By default ioredis sends again what was in flight at a cut. A cluster tries again on whatever connection it has:
      // not a number, which never equals itself.
      connection: () => (client.isCluster ? Number.NaN : client.stream),
      client,
      state: () => (isEnded() ? 'closed' : stateOf(client)),
      connect: () => void client.connect?.().catch(() => undefined),
      ...subscriberOf(client),
      ...scanOf(client, commands, checkOpen),
      executed: (error) => (NOT_SENT.test(messageOf(error)) ? 'no' : undefined),
    },
    options,
  )
}

/** The errors of ioredis for a command that it has not written: it may not queue it, or may not send it. */
const NOT_SENT =
  /^(Stream isn't writeable|Cluster isn't ready|Connection in subscriber mode|Connection is in monitoring mode)/

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : ''

function stateOf(client: IoredisClient): ClientState {
  const { status, options } = client
  if (status === undefined || status === 'ready') return 'ready'
  // With `lazyConnect`, until the first command.
  if (status === 'wait') return 'idle'
  const { enableOfflineQueue }: { readonly enableOfflineQueue?: unknown } = options
  return enableOfflineQueue === false ? 'offline' : 'connecting'
}
