import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import type { LockBackend } from '@holdfast/core'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

/** A backend over a client of its own, with the client's default options, and how to end that client. */
export interface Connected {
  readonly backend: LockBackend
  /** The user's own client. */
  readonly client: NodeJS.EventEmitter
  end(): void
}

/** The user to log in as. */
export interface Credentials {
  readonly username?: string
  readonly password: string
}

/** The same thing by each client. */
export interface Client {
  readonly name: string
  connect(port: number, prefix?: string, credentials?: Credentials): Promise<Connected>
}

export const clients: readonly Client[] = [
  {
    name: 'ioredis',
    connect: async (port, prefix, credentials) => {
      const client = new Redis(port, { ...credentials })
      client.on('error', () => {})
      return { client, backend: ioredisBackend(client, { prefix }), end: () => client.disconnect() }
    },
  },
  {
    name: 'node-redis',
    connect: async (port, prefix, credentials) => {
      const client = createClient({ socket: { host: '127.0.0.1', port }, ...credentials })
      client.on('error', () => {})
      // Without an answer yet, the client goes on trying in the background.
      await Promise.race([client.connect(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
      return { client, backend: nodeRedisBackend(client, { prefix }), end: () => client.destroy() }
    },
  },
]
