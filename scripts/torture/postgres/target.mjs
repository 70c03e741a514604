import { migrate, postgresBackend } from '@holdfast/adapter-postgres'
import { startPgBouncer, startPostgres } from '@holdfast/testkit/postgres'
import { Pool } from 'pg'
import { audit } from './audit.mjs'
import { clientOf } from './clients.mjs'
import { faultsOf } from './faults.mjs'
import { watchGrowth } from './growth.mjs'
import { guardedWrite, makeLedger } from './ledger.mjs'

/**
 * @typedef {import('./clients.mjs').Place} Place
 * @typedef {import('@holdfast/adapter-postgres').PostgresClient} PostgresClient
 * @typedef {typeof import('@holdfast/adapter-postgres').assertHeld} Guard
 */

// Each worker has some connections of its own. The log is read when there was a deadlock.
const SETTINGS = ['max_connections=400', 'logging_collector=on', 'log_filename=server.log', 'log_min_messages=error']
// Deadlocks, conflicts of transactions, and every error that only a wrong statement can have.
const NEVER = /^(40|22|23|42|P0|XX)\w{3}$/

/**
 * The adapter over a server with mixed clients. The parts that a wrong adapter would have otherwise can be replaced.
 * @param {{
 *   name?: string,
 *   guard?: Guard,
 *   prepare?: (pool: Pool) => Promise<unknown>,
 *   backend?: typeof postgresBackend,
 * }} [parts]
 * @returns {import('@holdfast/testkit/torture').TortureTarget<Place>}
 */
export function postgresTarget({ name = 'one PostgreSQL', guard, prepare, backend = postgresBackend } = {}) {
  return {
    name,
    open: async () => {
      const server = await startPostgres({ own: true, settings: SETTINGS })
      const bouncer = await startPgBouncer(server)
      const pool = new Pool({ connectionString: server.url, application_name: 'auditor', max: 2 })
      pool.on('error', () => {})
      await migrate(pool)
      await makeLedger(pool)
      await prepare?.(pool)
      const growth = watchGrowth(pool)
      const { url } = server
      const bounced =
        typeof bouncer === 'string' ? [] : [{ name: 'pg through PgBouncer', url: bouncer.url, direct: url }]
      return {
        places: [{ name: 'pg', url }, { name: 'postgres', url }, ...bounced],
        faults: faultsOf(server, pool),
        audit: (seen) => audit({ pool, growth, seen, bouncer }),
        close: async () => {
          await growth.stop()
          await pool.end()
          if (typeof bouncer !== 'string') await bouncer.stop()
          await server.stop()
        },
      }
    },
    connect: async (place) => {
      const { client, listen, transaction, close } = clientOf(place)
      return {
        backend: backend(client, { listen }),
        guardedWrite: (write) => guardedWrite(transaction, write, guard),
        never: NEVER,
        close,
      }
    },
  }
}
