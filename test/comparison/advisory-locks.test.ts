import { startPgBouncer, startPostgres } from '@holdfast/testkit/postgres'
import { Client, Pool } from 'pg'
import { afterAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.js'

// The statements of docs/comparison.md on pg_advisory_lock, good and bad.
const server = await startPostgres()
// PGlite, which stands in where no server is found, has one session only.
const real = server.source === 'pglite' ? undefined : server
const url = real?.url ?? ''
const bouncer = real === undefined ? 'there is no server' : await startPgBouncer(real)
const watcher = new Pool({ connectionString: url })
afterAll(async () => {
  await watcher.end()
  if (typeof bouncer !== 'string') await bouncer.stop()
  await server.stop()
})

test.skipIf(real === undefined)('advisory lock: a lock that is held keeps a connection', async () => {
  const pool = new Pool({ connectionString: url, max: 1 })
  const holder = await pool.connect()
  await holder.query('SELECT pg_advisory_lock(1)')
  const query = pool.query('SELECT 1')
  expect(pool.waitingCount).toBe(1)
  await holder.query('SELECT pg_advisory_unlock(1)')
  holder.release()
  await query
  await pool.end()
})

test.skipIf(real === undefined)(
  'advisory lock: the end of its connection frees it at once, without a ttl',
  async () => {
    const holder = await connect(url)
    await holder.query('SELECT pg_advisory_lock(2)')
    expect(await isFree(2)).toBe(false)
    await holder.end()
    await eventually(async () => expect(await isFree(2)).toBe(true))
  },
)

test.skipIf(real === undefined)(
  'advisory lock: a transaction of another connection is not refused after the lock is lost',
  async () => {
    await watcher.query('CREATE TABLE account (balance bigint)')
    const holder = await connect(url)
    holder.on('error', () => {}) // the only sign of the loss
    const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid FROM pg_advisory_lock(3)')
    await watcher.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await eventually(async () => expect(await isFree(3)).toBe(true))
    // The paused holder goes on, over the pool of its program: nothing in the write names the lock.
    await expect(watcher.query('INSERT INTO account VALUES (1)')).resolves.toMatchObject({ rowCount: 1 })
  },
)

test.skipIf(typeof bouncer === 'string')(
  'advisory lock: through PgBouncer in transaction mode it outlives its client',
  async () => {
    const holder = await connect((bouncer as Exclude<typeof bouncer, string>).url)
    await holder.query('SELECT pg_advisory_lock(4)')
    await holder.end()
    expect(await isFree(4)).toBe(false)
  },
)

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  return client
}

/** Whether another session gets the lock. It is given back at once. */
async function isFree(key: number): Promise<boolean> {
  const session = await connect(url)
  const { rows } = await session.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [key])
  await session.end()
  return rows[0]?.got === true
}
