import type { RedisTransport, Subscriber, SubscriberEvents } from '@holdfast/core/redis'
import type { NodeRedisClient, NodeRedisOriginal, NodeRedisSubscriber } from './client.js'

/**
 * Options of the connection for notifications, over those of the caller's client. It is opened once and never again:
 * its caller opens another one.
 */
const ONCE = {
  // The other options hold all that the address says already.
  url: undefined,
  disableOfflineQueue: false,
  commandsQueueMaxLength: undefined,
  pingInterval: undefined,
  // Messages are text, whatever the client's replies are mapped to.
  commandOptions: undefined,
  clientSideCache: undefined,
  emitInvalidate: false,
  maintNotifications: 'disabled',
  // Not needed for messages, and a user may lack the permission.
  database: 0,
  readonly: false,
}

const optionsFor = (options: { readonly socket?: object | undefined } | undefined): object => ({
  ...ONCE,
  socket: { ...options?.socket, reconnectStrategy: false, socketTimeout: undefined, connectTimeout: 5_000 },
})

/** The `openSubscriber` of a client: in a cluster, each attempt goes to another node than the one before. */
export function subscriberOf(client: NodeRedisClient): Pick<RedisTransport, 'openSubscriber'> {
  if (client.duplicate === undefined && client.execute === undefined) return {}
  let last: number | undefined
  return {
    openSubscriber: (events) => {
      const turn = last === undefined ? anyNumber() : last + 1
      last = turn
      return open(() => originalOf(client, turn), events)
    },
  }
}

const anyNumber = (): number => crypto.getRandomValues(new Uint16Array(1))[0] ?? 0

/** The client of one server, of which a connection can be made, whatever stands before it. */
async function originalOf(client: NodeRedisClient, turn: number): Promise<NodeRedisOriginal> {
  const { masters } = client
  if (masters !== undefined) {
    // A message reaches every node of a cluster, so that one connection to any of them is enough.
    const node = masters[turn % masters.length]
    const original = node && (node.client ?? (await client.nodeClient?.(node)))
    if (original === undefined || !isOriginal(original)) throw new Error('the cluster client knows no node at present')
    return original
  }
  // A sentinel knows the present master, a pool lends its clients.
  if (client.use !== undefined && isSentinel(client)) return client[EXECUTE](false, lent)
  if (client.duplicate === undefined && client.execute !== undefined) return client.execute(lent)
  if (!isOriginal(client)) throw new Error('this client cannot be duplicated')
  return client
}

/** As `use`, but lends the very client of the master. Where it is missing, the whole of Sentinel is duplicated. */
const EXECUTE = '_execute'

interface SentinelClient {
  [EXECUTE](isReadonly: boolean, borrow: typeof lent): Promise<NodeRedisOriginal>
}

const isSentinel = (client: object): client is SentinelClient =>
  EXECUTE in client && typeof client[EXECUTE] === 'function'

const isOriginal = (client: object): client is NodeRedisOriginal =>
  'duplicate' in client && typeof client.duplicate === 'function'

const lent = async (original: NodeRedisOriginal): Promise<NodeRedisOriginal> => original

function open(find: () => Promise<NodeRedisOriginal>, { onMessage, onEnd }: SubscriberEvents): Subscriber {
  let client: NodeRedisSubscriber | undefined
  let connected = false
  let closed = false
  const listener = (message: string, channel: string): void => onMessage(message, channel)

  const listen = (made: NodeRedisSubscriber): void => {
    // A duplicate has none of the listeners of its original, and would end the process at its first disconnect.
    made.on('error', onEnd)
    made.on('connect', () => {
      connected = true
      if (closed) destroy(made)
    })
    // Notifications alone do not keep a process alive: waiting calls do.
    made.unref?.()
  }

  return {
    connect: async () => {
      const original = await find()
      if (closed) return
      client = original.duplicate(optionsFor(original.options))
      listen(client)
      await client.connect()
    },
    subscribe: async (channels) => void (await client?.subscribe([...channels], listener)),
    unsubscribe: async (channels) => void (await client?.unsubscribe([...channels])),
    close: () => {
      closed = true
      // Before there is a socket, node-redis would forget that it was destroyed, and keep the socket that comes.
      if (client !== undefined && connected) destroy(client)
    },
  }
}

/** Ends it at once: a polite close would wait for a server that hangs. */
function destroy(client: NodeRedisSubscriber): void {
  // The client may have been closed already, which is an error or a rejection.
  void (async () => client.destroy())().catch(() => {})
}
