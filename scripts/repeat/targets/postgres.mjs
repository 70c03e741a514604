// Of the two handles, the first is over pg, the second over postgres.
import { migrate, postgresBackend } from '@holdfast/adapter-postgres'
import { startPostgres } from '@holdfast/testkit/postgres'
import { Pool } from 'pg'
import postgres from 'postgres'
import { delayed } from '../delayed.mjs'

const server = await startPostgres()
if (server.source === 'pglite') throw new Error('there is no server of PostgreSQL')
const { url } = server

function overPg() {
  const pool = new Pool({ connectionString: url })
  pool.on('error', () => {})
  return { backend: postgresBackend(pool), close: () => pool.end() }
}

function overPostgres() {
  const sql = postgres(url, { onnotice: () => {} })
  return { backend: postgresBackend(sql), close: () => sql.end() }
}

const opens = /** @type {const} */ ([overPg, overPostgres])

export default delayed({
  name: 'pg and postgres',
  open: async () => {
    const pool = new Pool({ connectionString: url })
    await migrate(pool)
    await pool.end()
    const [one, other] = [overPg(), overPostgres()]
    return {
      backends: [one.backend, other.backend],
      another: async (like) => opens[like](),
      close: async () => void (await Promise.all([one.close(), other.close()])),
    }
  },
})
