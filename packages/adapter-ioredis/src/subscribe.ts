import type { RedisTransport, Subscriber, SubscriberEvents } from '@holdfast/core/redis'
import type { IoredisClient, IoredisNode, IoredisSubscriber } from './client.js'

/**
 * Options of the connection for notifications, over those of the caller's client. It is opened once and never again, so
 * that nothing in ioredis subscribes, sends or connects again by itself: rejections of that would be heard by nobody.
 */
const ONCE = {
  lazyConnect: true,
  retryStrategy: null,
  sentinelRetryStrategy: null,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  enableOfflineQueue: true,
  enableAutoPipelining: false,
  // The caller that opens it sets a bound. An idle connection for notifications is in order.
  commandTimeout: undefined,
  socketTimeout: undefined,
  connectTimeout: 5_000,
  sentinelCommandTimeout: 5_000,
  failoverDetector: false,
  // Not needed for messages, and a user may lack the permission.
  db: 0,
  readOnly: false,
  scripts: undefined,
  himportFieldsets: undefined,
}

/** The `openSubscriber` of a client: in a cluster, each attempt goes to another node than the one before. */
export function subscriberOf(client: IoredisClient): Pick<RedisTransport, 'openSubscriber'> {
  let last: number | undefined
  return {
    openSubscriber: (events) => {
      const turn = last === undefined ? anyNumber() : last + 1
      last = turn
      return open(() => duplicateOf(client, turn), events)
    },
  }
}

const anyNumber = (): number => crypto.getRandomValues(new Uint16Array(1))[0] ?? 0

/** A message reaches every node of a cluster, so that one connection to any of them is enough. */
function duplicateOf(client: IoredisClient, turn: number): IoredisSubscriber {
  const nodes: readonly IoredisNode[] = client.isCluster ? (client.nodes?.('master') ?? []) : [client]
  const node = nodes[turn % nodes.length]
  if (node === undefined) throw new Error('the cluster client knows no node at present')
  const { sentinels, redisOptions }: Look = client.options
  return node.duplicate({
    ...ONCE,
    // The check would ask for more permissions than notifications need. Over Sentinel it rejects a replica.
    ...(!sentinels && { enableReadyCheck: false }),
    ...credentialsIn(redisOptions),
  })
}

interface Look {
  readonly sentinels?: unknown
  readonly redisOptions?: object | null
}

/** The options of a cluster as they are now: each node has a copy of its options at the first contact. */
function credentialsIn(redisOptions: { readonly username?: unknown; readonly password?: unknown } | null = {}): object {
  const { username, password } = redisOptions ?? {}
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
}

function open(duplicate: () => IoredisSubscriber, { onMessage, onEnd }: SubscriberEvents): Subscriber {
  let redis: IoredisSubscriber | undefined
  let closed = false
  /** The rejection of ioredis says only that the connection is closed. */
  let lastError: Error | undefined
  const explained = (error: unknown): unknown => lastError ?? error

  const listen = (made: IoredisSubscriber): void => {
    // Without a listener ioredis prints.
    made.on('error', (error) => (lastError = error))
    made.on('message', (channel, message) => onMessage(message, channel))
    // Notifications alone do not keep a process alive: waiting calls do.
    made.on('connect', () => void made.stream?.unref?.())
    made.on('end', () => onEnd(explained(new Error('the connection for notifications was closed'))))
  }

  const commanded = async (command: Promise<unknown> | undefined): Promise<void> => {
    try {
      await command
    } catch (error) {
      throw explained(error)
    }
  }

  return {
    connect: async () => {
      if (closed) return
      redis = duplicate()
      listen(redis)
      await commanded(redis.connect())
    },
    subscribe: (channels) => commanded(redis?.subscribe(...channels)),
    unsubscribe: (channels) => commanded(redis?.unsubscribe(...channels)),
    close: () => {
      closed = true
      redis?.disconnect()
      // A polite end would wait for a server that hangs.
      redis?.stream?.destroy?.()
    },
  }
}
