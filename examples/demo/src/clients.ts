import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import type { LockBackend } from '@holdfast/core'

export interface Connection {
  readonly backend: LockBackend
  readonly close: () => Promise<void>
}

/** The same lock through either client: all that differs is here. A process loads the client that it uses. */
export const connectBy: Readonly<Record<'ioredis' | 'node-redis', (url: string) => Promise<Connection>>> = {
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
}
