import type { ExtendOutcome } from '@holdfast/core'
import { expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { connectionOf, migrated, withServer } from './support/server.js'
import { claim, eventually } from './support/wait.js'

withServer('an extension that waits for a release of its owner, who claims the name again at once', async () => {
  const { pool } = await migrated()

  // An exclusive lease that became a shared one would stand beside other holders.
  test.each([1, 2])('is lost, and leaves the new lease as it is: of %i claims', async (count) => {
    const backend = postgresBackend(pool, { listen: false })
    const claims = Array.from({ length: count }, () => claim())
    for (const each of claims) await backend.acquire(each)
    const tx = await connectionOf(pool)
    await tx.query('BEGIN')
    for (const { name, owner } of claims) await tx.query('SELECT holdfast.release_v1($1, $2, 0)', [name, owner])
    const extending: Promise<readonly ExtendOutcome[]> = backend.extend(
      claims.map((each) => ({ ...each, ttlMs: 90_000 })),
    )
    await eventually(async () => {
      const { rows } = await pool.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%extend_v1%'`,
      )
      expect(rows).toHaveLength(count)
    })
    for (const { name, owner } of claims)
      await tx.query('SELECT holdfast.acquire_v1($1, $2, 60000, false, 1, 1, false, NULL, NULL, NULL)', [name, owner])
    await tx.query('COMMIT')
    expect((await extending).map(({ status }) => status)).toEqual(claims.map(() => 'lost'))
    for (const { name, owner } of claims)
      expect(await backend.inspect(name)).toMatchObject({ mode: 'exclusive', holders: [{ owner }] })
  })
})
