import { PGlite } from '@electric-sql/pglite'
import { startPgBouncer, startPostgres } from '@holdfast/testkit/postgres'
import { testConformance } from '@holdfast/testkit/vitest'
import { Pool } from 'pg'
import lowestPg from 'pg-lowest'
import { PGlite as LowestPglite } from 'pglite-lowest'
import postgres from 'postgres'
import lowestPostgres from 'postgres-lowest'
import { afterAll, describe, test } from 'vitest'
import { inProcess, type Open, pool, sql, targetOf } from './support/target.js'

const server = await startPostgres()
afterAll(() => server.stop())

testConformance(
  targetOf(
    'PGlite',
    inProcess(() => new PGlite()),
  ),
)
testConformance(
  targetOf(
    'the lowest PGlite',
    inProcess(() => new LowestPglite()),
  ),
)

describe.skipIf(server.source === 'pglite')('PostgreSQL', async () => {
  if (server.source === 'pglite') return
  const { url } = server
  const bouncer = await startPgBouncer(server)
  afterAll(() => typeof bouncer !== 'string' && bouncer.stop())

  const options = { onnotice: () => {} }
  const current = sql(() => postgres(url, options))
  const lowestPool = pool(url, (settings) => new lowestPg.Pool(settings))
  testConformance(targetOf('pg', [pool(url), pool(url)]))
  testConformance(targetOf('postgres', [current, current]))
  testConformance(targetOf('the lowest pg and postgres', [lowestPool, sql(() => lowestPostgres(url, options))]))
  const strict = pool(
    url,
    (settings) => new Pool({ ...settings, options: '-c default_transaction_isolation=serializable' }),
  )
  testConformance(targetOf('pg under SERIALIZABLE', [strict, strict]))
  testConformance(targetOf('another schema', [pool(url), current], { schema: 'other_schema' }))

  // oxlint-disable-next-line vitest/no-disabled-tests -- its title says why
  if (typeof bouncer === 'string') return test.skip(`through PgBouncer: ${bouncer}`)
  const polling: Open = async () => ({ ...(await pool(bouncer.url)()), listen: false })
  testConformance(targetOf('through PgBouncer, without notifications', [polling, polling]))
  const direct = (): Pool => new Pool({ connectionString: url })
  const bounced: Open = async () => ({ ...(await pool(bouncer.url)()), listen: direct() })
  testConformance(targetOf('through PgBouncer, listening directly', [bounced, bounced]))
})
