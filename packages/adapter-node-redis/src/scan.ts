import { escapeGlob, type RedisTransport, type ScanPage } from '@holdfast/core/redis'
import { checkReady, keyPrefixOf, type NodeRedisClient, type ScanOptions, type ScanReply } from './client.js'

type Scan = (cursor: string, options: ScanOptions) => Promise<ScanReply>

/** The `scanNodes` of a client that can scan. */
export function scanOf(client: NodeRedisClient): Pick<RedisTransport, 'scanNodes'> {
  if (client.scan === undefined) return {}
  // The client adds its prefix to keys, but not to patterns, and does not remove it from the keys of a reply.
  const before = keyPrefixOf(client)
  const scanOne =
    (scan: Scan): ScanPage =>
    async (cursor, pattern, count) => {
      const page = await scan(cursor, { MATCH: escapeGlob(before) + pattern, COUNT: count })
      const { keys } = page
      return Array.isArray(keys)
        ? { cursor: page.cursor, keys: keys.map((key) => String(key).slice(before.length)) }
        : page
    }
  return {
    scanNodes: async () => {
      checkReady(client)
      return (await nodesOf(client)).map(scanOne)
    },
  }
}

/** How to scan each node that has keys. */
async function nodesOf(client: NodeRedisClient): Promise<readonly Scan[]> {
  const { masters } = client
  if (masters === undefined) return [onMaster(client)]
  const nodes = await Promise.all(masters.map(async (node) => client.nodeClient?.(node)))
  return nodes.filter((node) => node !== undefined).map((node) => (cursor, options) => node.scan(cursor, options))
}

/** Sentinel may send a command that only reads to any replica, each with cursors of its own. */
function onMaster(client: NodeRedisClient): Scan {
  return async (cursor, options) => {
    const reply = client.use
      ? await client.use((master) => master.scan(cursor, options))
      : await client.scan?.(cursor, options)
    if (reply === undefined) throw new TypeError('this client cannot scan')
    return reply
  }
}
