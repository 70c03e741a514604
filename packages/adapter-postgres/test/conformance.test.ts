import { PGlite } from '@electric-sql/pglite'
import type { ConformanceTarget, ForeignValues } from '@holdfast/testkit'
import { startPgBouncer, startPostgres } from '@holdfast/testkit/postgres'
import { testConformance } from '@holdfast/testkit/vitest'
import { Pool, type PoolConfig } from 'pg'
import lowestPg from 'pg-lowest'
import { PGlite as LowestPglite } from 'pglite-lowest'
import postgres from 'postgres'
import lowestPostgres from 'postgres-lowest'
import { afterAll, describe, test } from 'vitest'
import { migrate, postgresBackend, type PostgresClient, type PostgresBackendOptions } from '../src/index.js'
import { toStored } from '../src/text.js'

interface Opened {
  readonly client: PostgresClient
  readonly listen?: PostgresClient | false
  close(): Promise<unknown>
}

type Open = () => Promise<Opened>

const server = await startPostgres()
afterAll(() => server.stop())

function target(name: string, opens: readonly [Open, Open], options: PostgresBackendOptions = {}): ConformanceTarget {
  return {
    name,
    open: async () => {
      const [one, other] = await Promise.all([opens[0](), opens[1]()])
      await migrate(one.client, options)
      const backend = ({ client, listen }: Opened) => postgresBackend(client, { ...options, listen })
      return {
        backends: [backend(one), backend(other)],
        foreign: foreignValues(one.client, options.schema ?? 'holdfast'),
        close: async () => {
          for (const { close } of [one, other]) await close()
        },
      }
    },
  }
}

/** A row that no lease of ours wrote: without a fence, and perhaps without an end. */
function foreignValues(client: PostgresClient, schema: string): ForeignValues {
  const run = async (text: string, values: (string | null)[]): Promise<readonly unknown[]> =>
    'unsafe' in client ? client.unsafe(text, values) : (await client.query(text, values)).rows
  return {
    plant: async (name, value, ttlMs) => {
      const end = `coalesce(clock_timestamp() + $3::text::float * interval '1 ms', 'infinity')`
      const row = `INSERT INTO ${schema}.holder VALUES ($1::text, $2::text, false, NULL, ${end})`
      await run(row, [toStored(name), toStored(value), ttlMs === null ? null : String(ttlMs)])
    },
    readRaw: async (name) => {
      const rows = await run(`SELECT owner FROM ${schema}.holder WHERE name = $1::text`, [toStored(name)])
      return (rows[0] as { owner: string } | undefined)?.owner ?? null
    },
    remove: async (name) => void (await run(`DELETE FROM ${schema}.holder WHERE name = $1::text`, [toStored(name)])),
  }
}

/** Both handles on one database, which has one session. */
function inProcess(make: () => PostgresClient & { close(): Promise<void> }): readonly [Open, Open] {
  const client = make()
  const open: Open = async () => ({ client, close: async () => {} })
  const last: Open = async () => ({ client, close: () => client.close() })
  return [open, last]
}

testConformance(
  target(
    'PGlite',
    inProcess(() => new PGlite()),
  ),
)
testConformance(
  target(
    'the lowest PGlite',
    inProcess(() => new LowestPglite()),
  ),
)

describe.skipIf(server.source === 'pglite')('PostgreSQL', async () => {
  if (server.source === 'pglite') return
  const { url } = server
  const bouncer = await startPgBouncer(server)
  afterAll(() => typeof bouncer !== 'string' && bouncer.stop())

  const pool =
    (connectionString: string, make = (options: PoolConfig): Pool => new Pool(options)): Open =>
    async () => {
      const client = make({ connectionString })
      client.on('error', () => {})
      return { client, close: () => client.end() }
    }
  const sql =
    (make: () => PostgresClient & { end(): Promise<void> } = () => postgres(url, { onnotice: () => {} })): Open =>
    async () => {
      const client = make()
      return { client, close: () => client.end() }
    }
  const lowestPool = pool(url, (options) => new lowestPg.Pool(options))

  testConformance(target('pg', [pool(url), pool(url)]))
  testConformance(target('postgres', [sql(), sql()]))
  testConformance(target('pg and postgres', [pool(url), sql()]))
  testConformance(
    target('the lowest pg and postgres', [lowestPool, sql(() => lowestPostgres(url, { onnotice: () => {} }))]),
  )
  testConformance(target('another schema', [pool(url), sql()], { schema: 'other_schema' }))

  // oxlint-disable-next-line vitest/no-disabled-tests -- its title says why
  if (typeof bouncer === 'string') return test.skip(`through PgBouncer: ${bouncer}`)
  const direct = (): Pool => new Pool({ connectionString: url })
  const bounced: Open = async () => ({ ...(await pool(bouncer.url)()), listen: direct() })
  const polling: Open = async () => ({ ...(await pool(bouncer.url)()), listen: false })
  testConformance(target('through PgBouncer, listening directly', [bounced, bounced]))
  testConformance(target('through PgBouncer, without notifications', [polling, polling]))
})
