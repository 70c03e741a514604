import { findPostgres, type PostgresServer, type PostgresVersion } from '@holdfast/testkit/postgres'
import { testConformance } from '@holdfast/testkit/vitest'
import postgres from 'postgres'
import { afterAll, describe, test } from 'vitest'
import { pool, sql, targetOf } from './support/target.js'

// The oldest and the newest supported server, whatever the machine has.
const VERSIONS: readonly PostgresVersion[] = [13, 18]

for (const version of VERSIONS) {
  const found = await findPostgres({ version }).catch((error: unknown) => String(error))
  describe(`PostgreSQL ${version}`, async () => {
    // oxlint-disable-next-line vitest/no-disabled-tests -- its title says why
    if (typeof found === 'string') return test.skip(`cannot be had here: ${found.replaceAll(/\s*\n\s*/g, '; ')}`)
    const server = (await found.start({ version })) as PostgresServer
    afterAll(() => server.stop())
    const { url } = server
    const name = `pg and postgres, PostgreSQL ${version}`
    testConformance(targetOf(name, [pool(url), sql(() => postgres(url, { onnotice: () => {} }))]))
  })
}
