import type { HintSource, Subscriber, SubscriberEvents } from '@holdfast/core/backend'

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

export function isPool(client: object): client is Pool {
  const { Client, options }: Partial<Pool> = client
  return typeof Client === 'function' && typeof options === 'object' && options !== null
}

/** Attempts at one connection beside the pool's. */
export const sourceOfPool = (pool: Pool): Omit<HintSource, 'isRefusal'> => ({
  isClosed: () => pool.ending === true,
  openSubscriber: (events) => subscriberOf(pool, events),
})

/** @param verb `LISTEN` or `UNLISTEN` */
export const listenStatement = (verb: string, channels: Iterable<string>): string =>
  [...channels].map((channel) => `${verb} "${channel}"`).join('; ')

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
    await client?.query(listenStatement(verb, names))
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
