import { findPostgres, type PostgresServer } from '@holdfast/testkit/postgres'
import { Pool, type PoolClient, type PoolConfig } from 'pg'
import { afterAll, describe, onTestFinished, TestRunner } from 'vitest'
import { migrate } from '../../src/index.js'

const found = await findPostgres({ own: true }).catch(() => undefined)

/** Tests that need a server of their own. Skipped where only PGlite is there. */
// oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- its callers give both
export const withServer = describe.skipIf(found === undefined)

/** A server for the tests of a file, ended after them. */
export async function ownServer(settings: readonly string[] = []): Promise<PostgresServer> {
  const server = (await found?.start({ own: true, settings })) as PostgresServer
  afterAll(() => server.stop())
  return server
}

/** A pool, ended after the tests of the file. */
export function poolOf({ url }: { readonly url: string }, options: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: url, ...options })
  // A pool emits an error for each idle connection that ends.
  pool.on('error', () => {})
  afterAll(() => pool.end())
  return pool
}

/** A connection of a pool for a test, or for the tests of the file: released before the pool ends, which waits for it. */
export async function connectionOf(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect()
  client.on('error', () => {})
  const release = (): void => client.release(true)
  // Within a test, the connection is released when the test ends: a hook of the file that a test adds may run after the
  // end of the pool.
  if (TestRunner.getCurrentTest() === undefined) afterAll(release)
  else onTestFinished(release)
  return client
}

/** A server with the tables of a schema, and a pool. */
export async function migrated(settings: readonly string[] = []): Promise<{ server: PostgresServer; pool: Pool }> {
  const server = await ownServer(settings)
  const pool = poolOf(server)
  await migrate(pool)
  return { server, pool }
}
