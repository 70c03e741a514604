import { assertHeld, postgresBackend } from '@holdfast/adapter-postgres'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { upstashBackend } from '@holdfast/adapter-upstash'
import { isLockError, type Lease, type LockBackend } from '@holdfast/core'

export interface Connection {
  readonly backend: LockBackend
  readonly close: () => Promise<void>
  /** Writes to the ledger, in a transaction that depends on the lease. Only where the store has transactions. */
  readonly writeLedger?: (lease: Lease, worker: number) => Promise<'committed' | 'refused'>
}

export type ClientName = 'ioredis' | 'node-redis' | 'upstash' | 'pg' | 'postgres'

/** The same lock through each client: all that differs is here. A process loads the client that it uses. */
export const connectBy: Readonly<Record<ClientName, (url: string) => Promise<Connection>>> = {
  ioredis: async (url) => {
    const { Redis } = await import('ioredis')
    const client = new Redis(url)
    client.on('error', () => {})
    return { backend: ioredisBackend(client), close: async () => client.disconnect() }
  },
  'node-redis': async (url) => {
    const { createClient } = await import('redis')
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    return { backend: nodeRedisBackend(client), close: async () => client.destroy() }
  },
  // The token is in the fragment of the address.
  upstash: async (url) => {
    const { Redis } = await import('@upstash/redis')
    const { origin, hash } = new URL(url)
    const client = new Redis({ url: origin, token: hash.slice(1) })
    return { backend: upstashBackend(client), close: async () => {} }
  },
  pg: async (url) => {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: url })
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    const writeLedger = async (lease: Lease, worker: number): Promise<'committed' | 'refused'> => {
      const tx = await pool.connect()
      try {
        await tx.query('BEGIN')
        await assertHeld(tx, lease)
        await tx.query(INSERT, [worker, lease.fence])
        await tx.query('COMMIT')
        return 'committed'
      } catch (error) {
        await tx.query('ROLLBACK').catch(() => {})
        return refusedOr(error)
      } finally {
        tx.release()
      }
    }
    return { backend: postgresBackend(pool), close: () => pool.end(), writeLedger }
  },
  postgres: async (url) => {
    const { default: postgres } = await import('postgres')
    const sql = postgres(url, { onnotice: () => {} })
    const writeLedger = async (lease: Lease, worker: number): Promise<'committed' | 'refused'> => {
      // A client of its own: see the limits in the README of the adapter.
      const own = postgres(url, { max: 1, fetch_types: false })
      try {
        await own.begin(async (tx) => {
          await assertHeld(tx, lease)
          await tx.unsafe(INSERT, [worker, lease.fence])
        })
        return 'committed'
      } catch (error) {
        return refusedOr(error)
      } finally {
        await own.end({ timeout: 0 })
      }
    }
    return { backend: postgresBackend(sql), close: () => sql.end(), writeLedger }
  },
}

const INSERT = 'INSERT INTO demo_ledger (worker, fence) VALUES ($1, $2)'

function refusedOr(error: unknown): 'refused' {
  if (isLockError(error, 'LOCK_LOST')) return 'refused'
  throw error
}
