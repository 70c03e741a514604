import { randomUUID } from 'node:crypto'
import { freePort } from '../redis/process/port.js'
import { openGateway, type UpstashGateway } from './gateway.js'
import { createStore } from './store.js'

/** Options of {@link startUpstashGateway}. */
export interface UpstashGatewayOptions {
  /** The Redis behind the gateway; a handle of `startRedis` will do. */
  readonly target: { readonly host: string; readonly port: number }
  /** The token that clients send as `Authorization: Bearer`. Default: a random token. */
  readonly token?: string
  /** The port to listen on. Default: a free one. */
  readonly port?: number
}

/**
 * Starts an {@link UpstashGateway} on 127.0.0.1, over plain http.
 *
 * It speaks the protocol as the client does: a command, a pipeline or a transaction by POST, `Upstash-Encoding: base64`
 * and the sync token. The texts and statuses of the real service could not be compared.
 *
 * @example
 * ```ts
 * await using gateway = await startUpstashGateway({ target: await startRedis() })
 * const client = new Redis({ url: gateway.url, token: gateway.token })
 * gateway.loseReply({ match: 'evalsha' })
 * ```
 */
export async function startUpstashGateway(options: UpstashGatewayOptions): Promise<UpstashGateway> {
  const { target, token = `token-${randomUUID()}`, port = await freePort() } = options
  const store = createStore({ host: target.host, port: target.port })
  return openGateway({ store, port, token })
}
