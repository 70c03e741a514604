import type { ClientName } from './clients.js'
import type { Evidence } from './evidence.js'
import { migrate } from '@holdfast/adapter-postgres'
import { startUpstashGateway } from '@holdfast/testkit/upstash'

/** A way to reach the store. */
export interface Way {
  readonly client: ClientName
  readonly url: string
}

/** The ways to one store. The demo itself uses the first. */
export interface Ways {
  readonly ways: readonly [Way, ...Way[]]
  close(): Promise<void>
  readonly readLedger?: () => Promise<NonNullable<Evidence['ledger']>>
}

/** The ways to one PostgreSQL: two clients. */
export async function openPostgresWays(url: string): Promise<Ways> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: url })
  await migrate(pool)
  await pool.query('DROP TABLE IF EXISTS demo_ledger')
  await pool.query('CREATE TABLE demo_ledger (id serial PRIMARY KEY, worker int NOT NULL, fence bigint NOT NULL)')
  const readLedger = async (): Promise<NonNullable<Evidence['ledger']>> => {
    const { rows } = await pool.query<{ worker: number; fence: string }>(
      'SELECT worker, fence FROM demo_ledger ORDER BY id',
    )
    return rows.map(({ worker, fence }) => ({ worker, fence: Number(fence) }))
  }
  const close = async (): Promise<void> => {
    await pool.query('DROP TABLE IF EXISTS demo_ledger')
    await pool.end()
  }
  const ways = [
    { client: 'pg', url },
    { client: 'postgres', url },
  ] as const
  return { ways, close, readLedger }
}

/** The ways to one Redis: both clients by its own protocol, and the third by HTTP, through a gateway on this machine. */
export async function openWays(redisUrl: string): Promise<Ways> {
  const direct: readonly [Way, ...Way[]] = [
    { client: 'ioredis', url: redisUrl },
    { client: 'node-redis', url: redisUrl },
  ]
  const { protocol, hostname: host, port, username, password } = new URL(redisUrl)
  // The gateway neither logs in nor speaks TLS.
  if (protocol !== 'redis:' || username !== '' || password !== '') return { ways: direct, close: async () => {} }
  const gateway = await startUpstashGateway({ target: { host, port: port === '' ? 6379 : Number(port) } })
  return { ways: [...direct, { client: 'upstash', url: `${gateway.url}#${gateway.token}` }], close: gateway.stop }
}
