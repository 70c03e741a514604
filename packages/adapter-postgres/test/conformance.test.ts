import { PGlite } from '@electric-sql/pglite'
import { startPostgres } from '@holdfast/testkit/postgres'
import { testConformance } from '@holdfast/testkit/vitest'
import postgres from 'postgres'
import { afterAll } from 'vitest'
import { inProcess, pool, sql, targetOf } from './support/target.js'

const server = await startPostgres()
afterAll(() => server.stop())

// Without a server, PGlite alone is tested.
if (server.source === 'pglite') {
  testConformance(
    targetOf(
      'PGlite',
      inProcess(() => new PGlite()),
    ),
  )
} else {
  const { url } = server
  testConformance(targetOf('pg and postgres', [pool(url), sql(() => postgres(url, { onnotice: () => {} }))]))
}
