import { type HintSource, listenForHints } from '@holdfast/core/backend'
import { memberOf, type PostgresClient } from './client.js'
import { isPool, sourceOfPool } from './listen-pool.js'
import { sourceOfSql, type SqlListener } from './listen-sql.js'

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

/** The members of PGlite that are called. */
interface PgliteListener {
  listen(channel: string, onMessage: (message: string) => void): Promise<() => Promise<unknown>>
}

/**
 * SQLSTATEs of a refused login, or their classes: the password, the role, its rights, the database, too many
 * connections. Each attempt is a line in the log of the server.
 */
const REFUSED = /^(28...|3D000|42501|53300)$/

/**
 * How a client listens, or `undefined` when it cannot: a `Client` of pg is for statements alone.
 * @param isUsed whether this client executes the statements of the locks, too
 */
export function listenOf(client: PostgresClient, isUsed = false): Listen | undefined {
  if (isPool(client)) return listenBy(client, sourceOfPool(client))
  if (isSql(client)) return listenBy(client, sourceOfSql(client, isUsed))
  return isPglite(client) ? listenWithPglite(client) : undefined
}

/** Listens on one connection, which all backends over this client share. */
function listenBy(client: object, attempts: Omit<HintSource, 'isRefusal'>): Listen {
  const source = { ...attempts, isRefusal: (error: unknown) => REFUSED.test(String(memberOf(error, 'code'))) }
  return (channels, onMessage, onStanding) =>
    listenForHints(client, source, {
      channels,
      onMessage: (message, channel) => onMessage(channel, message),
      onStanding,
    })
}

const canListen = (client: object): boolean => typeof Reflect.get(client, 'listen') === 'function'

function isSql(client: object): client is SqlListener {
  return canListen(client) && 'unsafe' in client
}

function isPglite(client: object): client is PgliteListener {
  return canListen(client)
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
