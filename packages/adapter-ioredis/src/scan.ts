import type { RedisTransport } from '@holdfast/core/redis'
import type { IoredisClient, IoredisNode } from './client.js'

/** Keys that the server looks at for each page. */
const PAGE = 1_000

/** The `scan` of a client that has one. */
export function scanOf(client: IoredisClient): Pick<RedisTransport, 'scan'> {
  if (client.isCluster ? client.nodes === undefined : client.scan === undefined) return {}
  // The client puts it before keys, but not before patterns, nor does it take it off again.
  const { keyPrefix }: { readonly keyPrefix?: unknown } = client.options
  const before = keyPrefix ?? ''
  if (typeof before !== 'string') return {}
  return {
    async *scan(pattern, onPage) {
      const whole = before.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`) + pattern
      for (const node of await nodesOf(client)) {
        for await (const key of scanNode(node, whole, onPage)) yield key.slice(before.length)
      }
    },
  }
}

async function nodesOf(client: IoredisClient): Promise<readonly IoredisNode[]> {
  if (!client.isCluster) return [client]
  // A cluster knows its nodes when it has answered once.
  await client.eval('return 0', 0)
  return client.nodes?.('master') ?? []
}

async function* scanNode(node: IoredisNode, pattern: string, onPage?: () => void): AsyncGenerator<string> {
  let cursor = '0'
  do {
    const [next, keys] = pageOf(await node.scan?.(cursor, 'MATCH', pattern, 'COUNT', PAGE))
    onPage?.()
    yield* keys.map(String)
    cursor = String(next)
  } while (cursor !== '0')
}

function pageOf(reply: unknown): readonly [next: unknown, keys: readonly unknown[]] {
  if (!Array.isArray(reply) || !Array.isArray(reply[1])) throw new Error('SCAN answered no page of keys')
  return [reply[0], reply[1]]
}
