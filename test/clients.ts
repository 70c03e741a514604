import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import type { LockBackend } from '@holdfast/core'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

/** A backend over a client of its own, with the client's default options, and how to end that client. */
export interface Connected {
  readonly backend: LockBackend
  end(): void
}

/** The same thing by each client. */
export interface Client {
  readonly name: string
  connect(port: number, prefix?: string): Promise<Connected>
}

export const clients: readonly Client[] = [
  {
    name: 'ioredis',
    connect: async (port, prefix) => {
      const client = new Redis(port)
      client.on('error', () => {})
      return { backend: ioredisBackend(client, { prefix }), end: () => client.disconnect() }
    },
  },
  {
    name: 'node-redis',
    connect: async (port, prefix) => {
      const client = createClient({ socket: { host: '127.0.0.1', port } })
      client.on('error', () => {})
      await client.connect()
      return { backend: nodeRedisBackend(client, { prefix }), end: () => client.destroy() }
    },
  },
]
