import { type HintSource, listenForHints, type Subscriber, type SubscriberEvents } from '@holdfast/core/backend'
import type { Listen } from './listen.js'

/** The members of a `Pool` of pg that are used: it knows how to make a client for the same server. */
export interface Pool {
  readonly Client: new (options: object) => PoolListener
  readonly options: object
  /** `end()` was called. */
  readonly ending?: boolean
}

/** The members that are used of a client made for notifications. */
interface PoolListener {
  /** Absent from the client of `pg.native`. */
  readonly connection?: { readonly stream: { destroy(): unknown } }
  connect(): Promise<unknown>
  query(text: string): Promise<unknown>
  end(): Promise<unknown>
  on(event: 'notification', listener: (message: { channel: string; payload?: string | undefined }) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'end', listener: () => void): unknown
  unref?(): void
}

/**
 * SQLSTATEs of a refused login, or their classes: the password, the role, its rights, the database, too many
 * connections. Each attempt is a line in the log of the server.
 */
const REFUSED = /^(28...|3D000|42501|53300)$/

export function isPool(client: object): client is Pool {
  const { Client, options }: Partial<Pool> = client
  return typeof Client === 'function' && typeof options === 'object' && options !== null
}

/** Listens on one connection beside the pool's, which all backends over this pool share. */
export function listenWithPool(pool: Pool): Listen {
  const source: HintSource = {
    isClosed: () => pool.ending === true,
    isRefusal: (error) => REFUSED.test(codeOf(error)),
    openSubscriber: (events) => subscriberOf(pool, events),
  }
  return (channels, onMessage, onStanding) =>
    listenForHints(pool, source, {
      channels,
      onMessage: (message, channel) => onMessage(channel, message),
      onStanding,
    })
}

function subscriberOf(pool: Pool, { onMessage, onEnd }: SubscriberEvents): Subscriber {
  let client: PoolListener | undefined
  let closed = false
  const channels = new Set<string>()

  const connect = async (): Promise<void> => {
    if (closed) throw new Error('the attempt was ended before it began')
    client = new pool.Client(pool.options)
    client.on('error', onEnd)
    client.on('end', () => onEnd(new Error('the connection for notifications has ended')))
    client.on('notification', ({ channel, payload = '' }) => onMessage(payload, channel))
    const connected = client.connect()
    // Notifications alone do not keep a process alive, nor does an attempt that is not answered.
    client.unref?.()
    await connected
    // With TLS, the socket is another one by now.
    client.unref?.()
  }

  const run = async (verb: string, names: Iterable<string>): Promise<void> => {
    await client?.query([...names].map((name) => `${verb} "${name}"`).join('; '))
  }

  return {
    connect,
    subscribe: async (more) => {
      await run('LISTEN', more)
      for (const name of more) channels.add(name)
    },
    unsubscribe: async (less) => {
      for (const name of less) channels.delete(name)
      await run('UNLISTEN', less)
    },
    // Changes nothing, and names the purpose of the connection in pg_stat_activity.
    check: () => run('LISTEN', channels),
    close: () => {
      closed = true
      client?.end().catch(() => {})
      // As the pool itself does: a server that does not answer would leave the socket open.
      client?.connection?.stream.destroy()
    },
  }
}

function codeOf(error: unknown): string {
  const { code }: { readonly code?: unknown } = typeof error === 'object' && error !== null ? error : {}
  return typeof code === 'string' ? code : ''
}
