import { escapeGlob, type RedisTransport, type ScanPage } from '@holdfast/core/redis'
import type { IoredisClient, IoredisNode } from './client.js'
import type { Commands } from './database.js'

/** The `scanNodes` of a client that can scan. */
export function scanOf(
  client: IoredisClient,
  commands: Commands,
  checkOpen: () => void,
): Pick<RedisTransport, 'scanNodes'> {
  if (client.isCluster ? client.nodes === undefined : client.scan === undefined) return {}
  // The client adds its prefix to keys, but not to patterns, and does not remove it from the keys of a reply.
  const { keyPrefix }: { readonly keyPrefix?: unknown } = client.options
  const before = keyPrefix ?? ''
  if (typeof before !== 'string') return {}
  const scanOne =
    (node: Pick<Commands, 'scan'>): ScanPage =>
    async (cursor, pattern, count) => {
      const page = await node.scan?.(cursor, 'MATCH', escapeGlob(before) + pattern, 'COUNT', count)
      if (!Array.isArray(page)) return { cursor, keys: undefined }
      const [next, keys] = page as readonly unknown[]
      return { cursor: next, keys: Array.isArray(keys) ? keys.map((key) => String(key).slice(before.length)) : keys }
    }
  return {
    scanNodes: async () => {
      checkOpen()
      return (client.isCluster ? await mastersOf(client) : [commands]).map(scanOne)
    },
  }
}

async function mastersOf(client: IoredisClient): Promise<readonly IoredisNode[]> {
  // A cluster knows its nodes when it has answered once.
  await client.eval('return 0', 0)
  return client.nodes?.('master') ?? []
}
