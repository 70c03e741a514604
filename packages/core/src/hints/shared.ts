import { createHintConnection, type HintConnection } from './connection.js'
import type { HintSource } from './source.js'

const connections = new WeakMap<object, HintConnection>()

/** The connection for notifications of a client: one, however many backends there are over it. */
export function hintConnectionOf(client: object, source: HintSource): HintConnection {
  let connection = connections.get(client)
  if (connection === undefined) {
    connection = createHintConnection(source)
    connections.set(client, connection)
  }
  return connection
}
