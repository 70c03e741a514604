import type { PostgresClient } from './client.js'
import { isPool, listenWithPool } from './listen-pool.js'

/**
 * Listens on channels until it is ended. Resolves when messages arrive.
 *
 * `onStanding` is called with `false` when they no longer do, and with `true` when they do again.
 */
export type Listen = (
  channels: readonly string[],
  onMessage: (channel: string, message: string) => void,
  onStanding: (standing: boolean) => void,
) => Promise<Listening>

/** The channels that are listened to. */
export interface Listening {
  end(): unknown
  /** Messages arrive at present. Absent: the client does not say. */
  isStanding?(): boolean
  /** Somebody would be notified if messages arrived: tries again where the attempts have ended. */
  need?(): void
}

/** The members of `Sql` of postgres that are called. It listens on a connection of its own, also after a reconnect. */
interface SqlListener {
  listen(
    channel: string,
    onMessage: (message: string) => void,
    onListening: () => void,
  ): PromiseLike<{ unlisten(): Promise<unknown> }>
}

/** The members of PGlite that are called. */
interface PgliteListener {
  listen(channel: string, onMessage: (message: string) => void): Promise<() => Promise<unknown>>
}

/** How a client listens, or `undefined` when it cannot: a `Client` of pg is for statements alone. */
export function listenOf(client: PostgresClient): Listen | undefined {
  if (isPool(client)) return listenWithPool(client)
  if (isSql(client)) return listenWithSql(client)
  return isPglite(client) ? listenWithPglite(client) : undefined
}

const canListen = (client: object): boolean => typeof Reflect.get(client, 'listen') === 'function'

function isSql(client: object): client is SqlListener {
  return canListen(client) && 'unsafe' in client
}

function isPglite(client: object): client is PgliteListener {
  return canListen(client)
}

function listenWithSql(sql: SqlListener): Listen {
  return async (channels, onMessage, onStanding) => {
    let standing = false
    // The client says when it listens again, and not when it ceased to.
    const onListening = (): void => {
      if (!standing) return
      onStanding(false)
      onStanding(true)
    }
    const end = await listenToEach(channels, async (channel) => {
      const { unlisten } = await sql.listen(channel, (message) => onMessage(channel, message), onListening)
      return unlisten
    })
    standing = true
    const stop = async (): Promise<void> => {
      standing = false
      await end()
    }
    return { end: stop }
  }
}

function listenWithPglite(database: PgliteListener): Listen {
  return async (channels, onMessage) => ({
    end: await listenToEach(channels, (channel) => database.listen(channel, (message) => onMessage(channel, message))),
  })
}

/** Listens to one channel after the other. Resolves to a function that ends all; after a failure none goes on. */
async function listenToEach(
  channels: readonly string[],
  listen: (channel: string) => Promise<() => Promise<unknown>>,
): Promise<() => Promise<void>> {
  const ends: (() => Promise<unknown>)[] = []
  const endAll = async (): Promise<void> => {
    for (const end of ends) await end()
  }
  try {
    for (const channel of channels) ends.push(await listen(channel))
    return endAll
  } catch (error) {
    // Not waited for: the connection that failed may not answer this either.
    endAll().catch(() => {})
    throw error
  }
}
