import { migrate, postgresBackend } from '@holdfast/adapter-postgres'
import { isBackendError, type LockBackend } from '@holdfast/core'
import { Pool } from 'pg'
import { EXIT } from '../exit-codes.js'
import { Failure } from '../failure.js'
import type { StoreChoice } from './choose.js'
import type { Store } from './open.js'

/** The codes by which the server says that a schema, a table or a function is missing. */
const MISSING = /^(3F000|42883|42P01)$/

type PostgresChoice = Extract<StoreChoice, { kind: 'postgres' }>

/** Connects to a PostgreSQL server. Rejects when the first connection fails. */
export async function openPostgres({ url, schema }: PostgresChoice, timeoutMs: number): Promise<Store> {
  const pool = poolAt(url, timeoutMs)
  try {
    // Throws for a bad schema, before any connection.
    const backend = postgresBackend(pool, { schema })
    await pool.query('SELECT 1')
    await checkTables(backend)
    return { backend, close: () => void pool.end() }
  } catch (error) {
    void pool.end()
    throw error
  }
}

/** Asks for any name: without the tables and functions of this version, that is refused. */
async function checkTables(backend: LockBackend): Promise<void> {
  try {
    await backend.inspect('holdfast')
  } catch (error) {
    if (!isBackendError(error) || !MISSING.test(codeOf(error.cause))) throw error
    throw new Failure(EXIT.store, 'PostgreSQL lacks the tables and functions of this version: run holdfast migrate')
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

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
