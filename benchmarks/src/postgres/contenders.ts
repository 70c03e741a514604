import { migrate, postgresBackend } from '@holdfast/adapter-postgres'
import { createLocker } from '@holdfast/core'
import { Pool } from 'pg'
import type { Held, Kind, Locks, Terms } from '../locks/contender.js'

/** A way to lock by PostgreSQL. */
export interface PostgresContender {
  readonly id: string
  readonly label: string
  readonly kind: Kind
  /** The number of statements for a pair of acquire and release. */
  readonly statements: number
  /** Opens a user of the lock, with connections that no other user shares. */
  open(url: string, terms: Terms): Locks
}

/** A lock of the next two contenders keeps a connection until its release: as many connections as locks at one time. */
const CONNECTIONS = 80
const TABLE = 'bench_row'

/** Makes the tables of Holdfast, and rows to lock. */
export async function prepare(url: string, names: readonly string[]): Promise<void> {
  const pool = new Pool({ connectionString: url })
  await migrate(pool)
  await pool.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (name text PRIMARY KEY)`)
  await pool.query(`INSERT INTO ${TABLE} SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, [names])
  await pool.end()
}

/** `pg_advisory_lock` of a session: it ends with the connection, and no pooler of transactions may stand between. */
export const advisory: PostgresContender = {
  id: 'advisory',
  label: 'pg_advisory_lock',
  kind: 'reference',
  statements: 2,
  open: (url) => {
    const pool = poolOf(url, CONNECTIONS)
    const ask = async (name: string, call: string): Promise<Held | null> => {
      const client = await pool.connect()
      const { rows } = await client.query<{ got: unknown }>(`SELECT ${call}(hashtextextended($1, 0)) AS got`, [name])
      if (rows[0]?.got === false) {
        client.release()
        return null
      }
      return {
        release: async () => {
          await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name])
          client.release()
        },
      }
    }
    return {
      acquire: async (name) => granted(await ask(name, 'pg_advisory_lock')),
      tryAcquire: (name) => ask(name, 'pg_try_advisory_lock'),
      close: () => pool.end(),
    }
  },
}

/** A row locked by a transaction that stays open for as long as the lock is held. */
export const forUpdate: PostgresContender = {
  id: 'for-update',
  label: 'SELECT … FOR UPDATE',
  kind: 'reference',
  statements: 3,
  open: (url) => {
    const pool = poolOf(url, CONNECTIONS)
    const ask = async (name: string, how: string): Promise<Held | null> => {
      const client = await pool.connect()
      await client.query('BEGIN')
      const { rowCount } = await client.query(`SELECT FROM ${TABLE} WHERE name = $1 FOR UPDATE ${how}`, [name])
      const end = async (): Promise<void> => {
        await client.query('COMMIT')
        client.release()
      }
      if (rowCount === 1) return { release: end }
      await end()
      return null
    }
    return {
      acquire: async (name) => granted(await ask(name, '')),
      tryAcquire: (name) => ask(name, 'SKIP LOCKED'),
      close: () => pool.end(),
    }
  },
}

/** Holdfast with all of its features: fences, the line, renewal. The pool has the size that pg gives it. */
export const holdfast: PostgresContender = {
  id: 'holdfast',
  label: 'Holdfast',
  kind: 'ours',
  statements: 2,
  open: (url, { ttlMs, waitMs }) => {
    const pool = poolOf(url)
    const locks = createLocker({ backend: postgresBackend(pool), ttlMs, waitMs })
    return {
      acquire: (name) => locks.acquire(name),
      tryAcquire: (name) => locks.tryAcquire(name),
      close: async () => {
        await locks.close()
        await pool.end()
      },
    }
  },
}

export const CONTENDERS: readonly PostgresContender[] = [advisory, forUpdate, holdfast]

function poolOf(url: string, max?: number): Pool {
  const pool = new Pool({ connectionString: url, ...(max === undefined ? {} : { max }) })
  pool.on('error', () => {})
  return pool
}

function granted(held: Held | null): Held {
  if (held === null) throw new Error('a lock that waits was refused')
  return held
}
