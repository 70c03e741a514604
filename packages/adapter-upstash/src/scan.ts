import type { RedisTransport } from '@holdfast/core/redis'
import type { UpstashClient } from './client.js'

/** Keys that the server looks at for each page. */
const PAGE = 1_000

/** The `scan` of a client that has one. `safe` makes its errors fit to be seen. */
export function scanOf(
  client: UpstashClient,
  safe: (reply: () => Promise<unknown>) => Promise<unknown>,
): Pick<RedisTransport, 'scan'> {
  if (client.scan === undefined) return {}
  return {
    async *scan(pattern, onPage) {
      let cursor = '0'
      do {
        const reply = await safe(async () => client.scan?.(cursor, { match: pattern, count: PAGE }))
        if (!Array.isArray(reply) || !Array.isArray(reply[1])) throw new Error('SCAN answered no page of keys')
        onPage?.()
        for (const key of reply[1]) yield* whatWas(key)
        cursor = String(reply[0])
      } while (cursor !== '0')
    },
  }
}

/**
 * What a key may have been before the client took it for JSON, which it does unless told otherwise: `123` becomes a
 * number, `"a"` becomes `a`. What is no key is not found, and so not listed. Not to be had back is only a key which is
 * JSON with other spaces or escapes than usual, as no lock key is whose prefix does not begin like that.
 */
function* whatWas(key: unknown): Generator<string> {
  if (typeof key !== 'object' || key === null) yield String(key)
  if (typeof key === 'object' || typeof key === 'string') yield JSON.stringify(key)
}
