import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import type { LockBackend } from '@holdfast/core'
import { Redis } from 'ioredis'
import lowestIoredis from 'ioredis-5'
import lastIoredis5 from 'ioredis-511'
import { createClient } from 'redis'
import { createClient as createLowestClient } from 'redis-5'

/** A client of one version, with the options of the test over its defaults. */
export interface Versioned {
  /** Further backends over the same client. */
  backend(): LockBackend
  /** Changes the password of the client, as an owner does whose credentials change. */
  setPassword(password: string): void
  /** Ends the client as its owner does. */
  quit(): Promise<unknown>
  end(): void
}

export interface ClientVersion {
  readonly name: string
  /** Options that docs/redis.md recommends. */
  readonly recommended: object
  /** Options of a client that does not connect again by itself. */
  readonly once: object
  /** Opens the client. `connected`: whether to wait until it is connected. Default true. */
  open(port: number, options?: object, connected?: boolean): Promise<Versioned>
}

type AnyRedis = typeof Redis

const ioredis = (version: string, Client: AnyRedis): ClientVersion => ({
  name: `ioredis ${version}`,
  recommended: {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    socketTimeout: 2_000,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  },
  once: { retryStrategy: () => null },
  open: async (port, options = {}, connected = true) => {
    const client = new Client({ port, ...options })
    client.on('error', () => {})
    if (connected && client.status !== 'ready') await new Promise<void>((resolve) => client.once('ready', resolve))
    return {
      backend: () => ioredisBackend(client),
      setPassword: (password) => void (client.options.password = password),
      // The server resets the connection when a command came after QUIT; then the answer to QUIT may be lost.
      quit: () => client.quit().catch(() => undefined),
      end: () => client.disconnect(),
    }
  },
})

const nodeRedis = (version: string, create: typeof createClient): ClientVersion => ({
  name: `node-redis ${version}`,
  recommended: { disableOfflineQueue: true },
  once: { socket: { reconnectStrategy: false } },
  open: async (port, { socket, ...options }: { socket?: object } = {}, connected = true) => {
    const client = create({ socket: { host: '127.0.0.1', port, ...socket }, ...options })
    client.on('error', () => {})
    const connecting = client.connect()
    if (connected) await connecting
    else connecting.catch(() => {})
    return {
      backend: () => nodeRedisBackend(client),
      setPassword: (password) => Object.assign(client.options ?? {}, { password }),
      quit: () => client.close(),
      end: () => void (client.isOpen && client.destroy()),
    }
  },
})

/** The lowest and the highest of the supported ranges, and the last of a major that many still have. */
export const clientVersions: readonly ClientVersion[] = [
  ioredis('5.0', lowestIoredis.default as unknown as AnyRedis),
  ioredis('5.11', (lastIoredis5 as unknown as { default?: AnyRedis }).default ?? (lastIoredis5 as unknown as AnyRedis)),
  ioredis('6', Redis),
  nodeRedis('5', createLowestClient as unknown as typeof createClient),
  nodeRedis('6', createClient),
]
