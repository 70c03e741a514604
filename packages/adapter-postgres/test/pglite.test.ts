import { createLocker } from '@holdfast/core'
import { startPostgres } from '@holdfast/testkit/postgres'
import { expect, test } from 'vitest'
import { assertHeld, migrate, postgresBackend } from '../src/index.js'
import { claim, rejection } from './support/wait.js'

const server = await startPostgres({ source: 'pglite' })
if (server.source !== 'pglite') throw new Error('PGlite was asked for')
const { database } = server
await migrate(database)

test('a transaction of PGlite can be guarded, and nothing else', async () => {
  await using locks = createLocker({ backend: postgresBackend(database) })
  await using lease = await locks.acquire('name')
  await database.transaction((tx) => assertHeld(tx, lease))
  await expect(assertHeld(database, lease)).rejects.toThrow(TypeError)
})

test('a transaction of PGlite keeps a renewal waiting, and everybody else', async () => {
  await using locks = createLocker({ backend: postgresBackend(database) })
  await using lease = await locks.acquire('name')
  const order: string[] = []
  const ordered = (what: string) => () => void order.push(what)
  const calls: Promise<void>[] = []
  await database.transaction(async (tx) => {
    await assertHeld(tx, lease)
    calls.push(lease.extend().then(ordered('extended')), locks.inspect('name').then(ordered('inspected')))
    for (let i = 0; i < 10; i++) await tx.query('SELECT pg_sleep(0.01)')
    order.push('the transaction has ended')
  })
  await Promise.all(calls)
  expect(order[0]).toBe('the transaction has ended')
  expect(order).toHaveLength(3)
})

test('when it was closed, that is certain, and not worth asking again', async () => {
  await server.stop()
  expect(await rejection(postgresBackend(database).acquire(claim()))).toMatchObject({
    executed: 'no',
    retryable: false,
  })
})
