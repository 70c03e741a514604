import { startUpstashGateway } from '@holdfast/testkit/upstash'
import type { ClientName } from './clients.js'

/** One way to reach the store. */
export interface Way {
  readonly client: ClientName
  readonly url: string
}

/** The ways to one Redis: both clients by its own protocol, and the third by HTTP, through a gateway on this machine. */
export async function openWays(redisUrl: string): Promise<{ readonly ways: readonly Way[]; close(): Promise<void> }> {
  const direct: readonly Way[] = [
    { client: 'ioredis', url: redisUrl },
    { client: 'node-redis', url: redisUrl },
  ]
  const { protocol, hostname: host, port, username, password } = new URL(redisUrl)
  // The gateway neither logs in nor speaks TLS.
  if (protocol !== 'redis:' || username !== '' || password !== '') return { ways: direct, close: async () => {} }
  const gateway = await startUpstashGateway({ target: { host, port: port === '' ? 6379 : Number(port) } })
  return { ways: [...direct, { client: 'upstash', url: `${gateway.url}#${gateway.token}` }], close: gateway.stop }
}
