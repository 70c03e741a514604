import { createLocker } from '@holdfast/core'
import { expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { migrated, poolOf, withServer } from './support/server.js'
import { claim } from './support/wait.js'

withServer('the tables', async () => {
  const { server, pool } = await migrated()

  test('see no deadlock while many are extended together, stolen, shared and evicted', async () => {
    const names = Array.from({ length: 5 }, () => claim().name)
    const lockers = Array.from({ length: 4 }, () =>
      createLocker({ backend: postgresBackend(poolOf(server, { max: 8 })), ttlMs: 5_000 }),
    )
    const until = performance.now() + 5_000
    const failures: unknown[] = []
    /** The machine may be too slow for an answer in time, which is no fault of the tables. */
    const expected = /LOCK_(BUSY|LOST|INDETERMINATE)/
    const work = lockers.flatMap((locks, l) =>
      Array.from({ length: 6 }, async (_, w) => {
        for (let i = 0; performance.now() < until; i++) {
          const name = names[(l + w + i) % names.length] ?? ''
          const kind = (l + w + i) % 4
          try {
            if (kind === 0) await locks.forceRelease(name)
            const options = kind === 1 ? { steal: true } : { mode: 'shared' as const, waitMs: 200 }
            const lease = await locks.acquire(kind === 3 ? names : name, options)
            await lease.extend()
            await lease.release()
          } catch (error) {
            if (!expected.test(String((error as { code?: string }).code))) failures.push(error)
          }
        }
      }),
    )
    await Promise.all(work)
    expect(failures).toEqual([])
    const { rows } = await pool.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
    expect(rows).toEqual([{ deadlocks: '0' }])
    await Promise.all(lockers.map((locks) => locks.close()))
  })
})
