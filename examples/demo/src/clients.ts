import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { upstashBackend } from '@holdfast/adapter-upstash'
import type { LockBackend } from '@holdfast/core'

export interface Connection {
  readonly backend: LockBackend
  readonly close: () => Promise<void>
}

export type ClientName = 'ioredis' | 'node-redis' | 'upstash'

/** The same lock through each client: all that differs is here. A process loads the client that it uses. */
export const connectBy: Readonly<Record<ClientName, (url: string) => Promise<Connection>>> = {
  ioredis: async (url) => {
    const { Redis } = await import('ioredis')
    const client = new Redis(url)
    client.on('error', () => {})
    return { backend: ioredisBackend(client), close: async () => client.disconnect() }
  },
  'node-redis': async (url) => {
    const { createClient } = await import('redis')
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    return { backend: nodeRedisBackend(client), close: async () => client.destroy() }
  },
  // The token is in the fragment of the address.
  upstash: async (url) => {
    const { Redis } = await import('@upstash/redis')
    const { origin, hash } = new URL(url)
    const client = new Redis({ url: origin, token: hash.slice(1) })
    return { backend: upstashBackend(client), close: async () => {} }
  },
}
