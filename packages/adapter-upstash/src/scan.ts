import type { RedisTransport } from '@holdfast/core/redis'
import type { UpstashClient } from './client.js'

/** The `scanNodes` of a client that can scan. `safe` makes its errors fit to be seen. */
export function scanOf(
  client: UpstashClient,
  safe: (reply: () => Promise<unknown>) => Promise<unknown>,
): Pick<RedisTransport, 'scanNodes'> {
  if (client.scan === undefined) return {}
  return {
    scanNodes: async () => [
      async (cursor, pattern, count) => {
        const page = await safe(async () => client.scan?.(cursor, { match: pattern, count }))
        if (!Array.isArray(page)) return { cursor, keys: undefined }
        const [next, keys] = page as readonly unknown[]
        return { cursor: next, keys: Array.isArray(keys) ? keys.flatMap(candidates) : keys }
      },
    ],
  }
}

/**
 * The keys that this may have been before the client took it for JSON, which it does by default: `123` becomes
 * a number, `"a"` becomes `a`. A candidate that is no key is not found, and so not listed. A key is lost only if it is
 * JSON with other spaces or escapes than usual, as no lock key is whose prefix does not begin like that.
 */
function candidates(key: unknown): readonly string[] {
  if (typeof key === 'object' && key !== null) return [JSON.stringify(key)]
  const text = String(key)
  return typeof key === 'string' || key === null ? [text, JSON.stringify(key)] : [text]
}
