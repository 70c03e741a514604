import type { LockBackend } from '@holdfast/core'
import { redisBackend, type RedisBackendOptions, type RedisTransport } from '@holdfast/core/redis'
import { checkClient, checkListener, type GlideClient, type GlideListener } from './client.js'
import { failureOf, isClosed } from './failure.js'
import { subscribe } from './subscribe.js'

export type { GlideClient, GlideListener } from './client.js'

export interface GlideBackendOptions extends RedisBackendOptions {
  /** Another client, for notifications alone: its messages are taken from it. Default: none, and waiters poll. */
  readonly listener?: GlideListener | undefined
}

/**
 * A backend over a `GlideClient` of yours. Both clients stay yours: neither is closed.
 *
 * @throws TypeError when this is no such client, or `listener` is the same one.
 */
export function glideBackend(client: GlideClient, options: GlideBackendOptions = {}): LockBackend {
  checkClient(client)
  const { listener, ...rest } = options
  if (listener !== undefined) checkListener(listener, client)
  const send = async (...words: string[]): Promise<unknown> => {
    try {
      return await client.customCommand(words)
    } catch (error) {
      throw failureOf(error)
    }
  }
  const transport: RedisTransport = {
    name: 'valkey-glide',
    clustered: false,
    evalsha: (sha1, keys, args) => send('EVALSHA', sha1, String(keys.length), ...keys, ...args),
    eval: (source, keys, args) => send('EVAL', source, String(keys.length), ...keys, ...args),
    // The client reconnects by itself, and does not say when: not a number, which never equals itself.
    connection: () => Number.NaN,
    scan: (pattern, onPage) => scan(send, pattern, onPage),
    executed: (error) => (isClosed(error) ? 'no' : undefined),
    ...(listener && { subscribe: (channels, onMessage) => subscribe(listener, channels, onMessage) }),
  }
  return redisBackend(transport, rest)
}

/** Keys that the server looks at for each page. */
const PAGE = '1000'

async function* scan(
  send: (...words: string[]) => Promise<unknown>,
  pattern: string,
  onPage?: () => void,
): AsyncGenerator<string> {
  let cursor = '0'
  do {
    const page = await send('SCAN', cursor, 'MATCH', pattern, 'COUNT', PAGE)
    onPage?.()
    if (!Array.isArray(page) || !Array.isArray(page[1])) throw new Error('SCAN answered no page of keys')
    for (const key of page[1]) yield String(key)
    cursor = String(page[0])
  } while (cursor !== '0')
}
