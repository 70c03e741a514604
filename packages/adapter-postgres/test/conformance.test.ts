import { PGlite } from '@electric-sql/pglite'
import { startPgBouncer, startPostgres } from '@holdfast/testkit/postgres'
import { testConformance } from '@holdfast/testkit/vitest'
import postgres from 'postgres'
import { afterAll, describe, test } from 'vitest'
import { inProcess, type Open, pool, sql, targetOf } from './support/target.js'

const server = await startPostgres()
afterAll(() => server.stop())

const pglite = inProcess(() => new PGlite())
testConformance(targetOf('PGlite', pglite))

describe.skipIf(server.source === 'pglite')('PostgreSQL', async () => {
  if (server.source === 'pglite') return
  const { url } = server
  const bouncer = await startPgBouncer(server)
  afterAll(() => typeof bouncer !== 'string' && bouncer.stop())

  testConformance(targetOf('pg and postgres', [pool(url), sql(() => postgres(url, { onnotice: () => {} }))]))

  // oxlint-disable-next-line vitest/no-disabled-tests -- its title says why
  if (typeof bouncer === 'string') return test.skip(`through PgBouncer: ${bouncer}`)
  const polling: Open = async () => ({ ...(await pool(bouncer.url)()), listen: false })
  testConformance(targetOf('through PgBouncer, without notifications', [polling, polling]))
})
