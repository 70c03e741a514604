import { migrate, postgresBackend } from '@holdfast/adapter-postgres'
import { Pool } from 'pg'
import type { StoreChoice } from './choose.js'
import type { Store } from './open.js'

type PostgresChoice = Extract<StoreChoice, { kind: 'postgres' }>

/** Connects to a PostgreSQL server. Rejects when the first connection fails. */
export async function openPostgres({ url, schema }: PostgresChoice, timeoutMs: number): Promise<Store> {
  const pool = poolAt(url, timeoutMs)
  try {
    // Throws for a bad schema, before any connection.
    const backend = postgresBackend(pool, { schema })
    await pool.query('SELECT 1')
    return { backend, close: () => void pool.end() }
  } catch (error) {
    void pool.end()
    throw error
  }
}

/** Makes the tables and functions, or changes those of an earlier version. */
export async function migratePostgres({ url, schema }: PostgresChoice, timeoutMs: number): Promise<void> {
  const pool = poolAt(url, timeoutMs)
  try {
    await migrate(pool, { schema })
  } finally {
    void pool.end()
  }
}

function poolAt(url: string, timeoutMs: number): Pool {
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    application_name: 'holdfast',
    max: 3,
  })
  // A connection that ends while it is idle is made anew by the next call.
  pool.on('error', () => {})
  return pool
}
