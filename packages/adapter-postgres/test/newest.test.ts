import { createLocker } from '@holdfast/core'
import { findPostgres, type PostgresServer } from '@holdfast/testkit/postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { migrate, postgresBackend } from '../src/index.js'
import { connectionOf, poolOf } from './support/server.js'
import { claim, rejection } from './support/wait.js'

// Settings that servers before 17 do not have.
const version = 18
const found = await findPostgres({ version }).catch(() => undefined)

describe.skipIf(found === undefined)('a server of version 17 or later:', async () => {
  if (found === undefined) return
  const server = (await found.start({ version, settings: ['max_notify_queue_pages=64'] })) as PostgresServer
  afterAll(() => server.stop())
  const pool = poolOf(server)
  await migrate(pool)

  test('a transaction_timeout ends the connection while a statement runs, which is unknown and asked again', async () => {
    const blocker = await connectionOf(pool)
    const backend = postgresBackend(poolOf(server, { options: '-c transaction_timeout=100' }))
    const mine = claim()
    await blocker.query('SELECT pg_advisory_lock(holdfast.lock_key($1))', [mine.name])
    const error = await rejection(backend.acquire(mine))
    await blocker.query('SELECT pg_advisory_unlock(holdfast.lock_key($1))', [mine.name])
    expect(String(error)).toContain('transaction timeout')
    expect(error).toMatchObject({ executed: 'unknown', retryable: true })
  })

  test('a full queue of notifications keeps no waiter from its turn, and no owner from taking by force', async () => {
    const stuck = await connectionOf(pool)
    await stuck.query('LISTEN other')
    await stuck.query('BEGIN')
    await stuck.query('SELECT 1')
    const fill = (bytes: number): Promise<unknown> =>
      rejection(
        (async () => {
          for (;;) await pool.query(`SELECT pg_notify('other', repeat('x', $1::int) || random())`, [bytes])
        })(),
      )
    await using locks = createLocker({ backend: postgresBackend(poolOf(server)) })
    await using others = createLocker({ backend: postgresBackend(poolOf(server)) })
    const { name } = claim()
    const lease = await locks.acquire(name)
    const waiting = others.acquire(name, { waitMs: 60_000 })
    await fill(7_000)
    expect(String(await fill(1))).toContain('too many notifications')
    expect(await lease.release()).toBe('released')
    expect((await waiting).held).toBe(true)
    expect((await locks.acquire(name, { steal: true })).held).toBe(true)
    await stuck.query('ROLLBACK')
  })
})
