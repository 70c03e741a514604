import type { PostgresClient } from './client.js'
import { isPool, listenWithPool } from './listen-pool.js'

/**
 * Listens on channels until the function that it resolves to is called. Resolves when messages arrive.
 *
 * `onStanding` is called with `false` when they no longer do, and with `true` when they do again.
 */
export type Listen = (
  channels: readonly string[],
  onMessage: (channel: string, message: string) => void,
  onStanding: (standing: boolean) => void,
) => Promise<() => Promise<void>>

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
    const ends: (() => Promise<unknown>)[] = []
    for (const channel of channels) {
      let listening = false
      const onListening = (): void => {
        // The client says when it listens again, and not when it ceased to.
        if (listening) onStanding(false)
        if (listening) onStanding(true)
        listening = true
      }
      const { unlisten } = await sql.listen(channel, (message) => onMessage(channel, message), onListening)
      ends.push(unlisten)
    }
    return async () => {
      for (const end of ends) await end()
    }
  }
}

function listenWithPglite(database: PgliteListener): Listen {
  return async (channels, onMessage) => {
    const ends: (() => Promise<unknown>)[] = []
    for (const channel of channels) {
      ends.push(await database.listen(channel, (message) => onMessage(channel, message)))
    }
    return async () => {
      for (const end of ends) await end()
    }
  }
}
