import type { RedisTransport } from '../transport.js'
import { createHintConnection, type HintConnection } from './connection.js'

const connections = new WeakMap<object, HintConnection>()

/** The connection for notifications of the transport's client: one, however many backends there are over it. */
export function hintConnectionOf(transport: RedisTransport): HintConnection {
  const client = transport.client ?? transport
  let connection = connections.get(client)
  if (connection === undefined) {
    connection = createHintConnection(transport)
    connections.set(client, connection)
  }
  return connection
}
