import { Redis } from '@upstash/redis'
import { Redis as CloudflareRedis } from '@upstash/redis/cloudflare'
import { Redis as FastlyRedis } from '@upstash/redis/fastly'
import { Redis as LowestRedis } from 'upstash-redis-1.20'
import { upstashBackend } from '../src/index.js'

const at = { url: 'https://example.upstash.io', token: 'token' }

// Compiles without a cast: the structural client type accepts the client of every entry point.
export const accepted = (): unknown[] => [
  upstashBackend(new Redis(at)),
  upstashBackend(new Redis({ ...at, enableAutoPipelining: false, automaticDeserialization: false })),
  upstashBackend(new Redis({ request: async () => ({}) })),
  upstashBackend(Redis.fromEnv()),
  upstashBackend(new CloudflareRedis(at)),
  upstashBackend(new FastlyRedis({ ...at, backend: 'upstash' })),
  upstashBackend(new LowestRedis(at)),
]

export const refused = (): unknown[] => [
  // @ts-expect-error A pipeline answers itself, not a promise.
  upstashBackend(new Redis(at).pipeline()),
  // @ts-expect-error So does a transaction.
  upstashBackend(new Redis(at).multi()),
]
