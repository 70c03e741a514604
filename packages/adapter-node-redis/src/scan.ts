import type { RedisTransport } from '@holdfast/core/redis'
import { checkReady, type NodeRedisClient, type ScanOptions, type ScanReply } from './client.js'

/** Keys that the server looks at for each page. */
const PAGE = 1_000

type ScanPage = (cursor: string, options: ScanOptions) => Promise<ScanReply>

/** The `scan` of a client that has one. */
export function scanOf(client: NodeRedisClient): Pick<RedisTransport, 'scan'> {
  if (client.scan === undefined) return {}
  return {
    async *scan(pattern, onPage) {
      checkReady(client)
      for (const scanPage of await nodesOf(client)) yield* pages(scanPage, pattern, onPage)
    },
  }
}

/** How to scan each node that has keys: a cursor is good for the node that gave it. */
async function nodesOf(client: NodeRedisClient): Promise<readonly ScanPage[]> {
  const { masters } = client
  if (masters === undefined) return [onMaster(client)]
  const nodes = await Promise.all(masters.map(async (node) => client.nodeClient?.(node)))
  return nodes.filter((node) => node !== undefined).map((node) => (cursor, options) => node.scan(cursor, options))
}

/** Sentinel may send a command that only reads to any replica, each with cursors of its own. */
function onMaster(client: NodeRedisClient): ScanPage {
  return async (cursor, options) => {
    const reply = client.use
      ? await client.use((master) => master.scan(cursor, options))
      : await client.scan?.(cursor, options)
    if (reply === undefined) throw new TypeError('this client cannot scan')
    return reply
  }
}

async function* pages(scanPage: ScanPage, pattern: string, onPage?: () => void): AsyncGenerator<string> {
  let cursor = '0'
  do {
    const page = await scanPage(cursor, { MATCH: pattern, COUNT: PAGE })
    if (!Array.isArray(page.keys)) throw new Error('SCAN answered no page of keys')
    onPage?.()
    yield* page.keys.map(String)
    cursor = String(page.cursor)
  } while (cursor !== '0')
}
