import { createLocker, isLockError } from '@holdfast/core'
import { renderReport, runConformance } from '@holdfast/testkit'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { assertHeld, migrate, postgresBackend, schemaSql } from '../src/index.js'
import { ownServer, poolOf, withServer } from './support/server.js'
import { claim, rejection } from './support/wait.js'

withServer('the tables and functions', async () => {
  const server = await ownServer()
  const admin = poolOf(server)

  test('missing: each verb says for certain that nothing was done, and what to do', async () => {
    const backend = postgresBackend(admin, { schema: 'nowhere' })
    const { name, owner } = claim()
    const list = async (): Promise<void> => {
      for await (const _ of backend.list?.() ?? []) throw new Error('there is nothing to list')
    }
    const verbs = [
      () => backend.acquire(claim()),
      () => backend.extend([claim()]),
      () => backend.release({ name, owner }),
      () => backend.inspect(name),
      () => backend.evict(name),
      list,
    ]
    for (const verb of verbs) {
      const error = await rejection(verb())
      expect(error).toMatchObject({ executed: 'no', retryable: false })
      expect(String(error)).toContain('"nowhere" lacks the tables and functions of this version')
    }
    const error = await rejection(createLocker({ backend }).acquire('name'))
    expect(isLockError(error, 'LOCK_BACKEND')).toBe(true)
  })

  test('are made once, by however many at the same time', async () => {
    const schema = 'together'
    await Promise.all(Array.from({ length: 8 }, () => migrate(admin, { schema })))
    await migrate(admin, { schema })
    const backend = postgresBackend(admin, { schema })
    const mine = claim()
    await backend.acquire(mine)
    await migrate(admin, { schema })
    expect((await backend.inspect(mine.name))?.holders).toHaveLength(1)
  })

  test('are not made over a table of another system, nor beside it', async () => {
    const schema = 'taken_by_others'
    for (const table of ['lock', 'holder', 'place', 'swept']) {
      await admin.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.${table} (id int PRIMARY KEY, name text)`)
      await expect(migrate(admin, { schema })).rejects.toThrow(`relation "${table}" already exists`)
      expect((await admin.query(`SELECT FROM pg_tables WHERE schemaname = '${schema}'`)).rowCount).toBe(1)
      await admin.query(`DROP SCHEMA ${schema} CASCADE`)
    }
  })

  test('can be made by hand: the SQL is one statement, and names the schema alone', async () => {
    const text = schemaSql({ schema: 'by_hand' })
    expect(text).not.toMatch(/\bholdfast\b/)
    await admin.query({ text, values: [] })
    expect(await postgresBackend(admin, { schema: 'by_hand' }).acquire(claim())).toMatchObject({ acquired: true })
  })

  test('of another version: migrate refuses a newer one, and a verb says that it is not this one', async () => {
    const schema = 'newer'
    await migrate(admin, { schema })
    await admin.query(`CREATE OR REPLACE FUNCTION ${schema}.schema_version() RETURNS int LANGUAGE sql AS 'SELECT 2'`)
    await expect(migrate(admin, { schema })).rejects.toThrow('is of version 2, newer than version 1')
    await admin.query(`DROP FUNCTION ${schema}.release_v1`)
    const error = await rejection(postgresBackend(admin, { schema }).release({ name: 'x', owner: 'y' }))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(String(error)).toContain('of this version')
  })

  test('want a database in UTF8', async () => {
    await admin.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'`)
    const latin = poolOf({ url: server.url.replace(/postgres$/, 'latin') })
    await expect(migrate(latin)).rejects.toThrow('encoding UTF8')
  })

  test('need no more than USAGE on the schema, for the whole suite and the guard', async () => {
    const schema = 'least'
    await migrate(admin, { schema })
    await admin.query('CREATE ROLE app LOGIN')
    await admin.query(`GRANT USAGE ON SCHEMA ${schema} TO app`)
    const url = server.url.replace('postgres@', 'app@')
    // SERIALIZABLE, so that statements are also sent again after a conflict.
    const options = '-c default_transaction_isolation=serializable'
    const [one, other] = [poolOf({ url }), poolOf({ url }, { options })]
    await migrate(one, { schema })
    const report = await runConformance(
      {
        name: 'app',
        open: async () => ({ backends: [postgresBackend(one, { schema }), postgresBackend(other, { schema })] }),
      },
      { concurrency: 32 },
    )
    expect(report.failed.length, renderReport(report)).toBe(0)

    await using locks = createLocker({ backend: postgresBackend(one, { schema }) })
    await using lease = await locks.acquire('guarded')
    const tx = await other.connect()
    await tx.query('BEGIN')
    await assertHeld(tx, lease, { schema })
    await tx.query('COMMIT')
    tx.release()
    await expect(one.query(`SELECT * FROM ${schema}.holder`)).rejects.toThrow('permission denied')
  })

  test('need EXECUTE on all routines where PUBLIC has none, also for another isolation level', async () => {
    const schema = 'private'
    await migrate(admin, { schema })
    await admin.query(`REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA ${schema} FROM PUBLIC`)
    await admin.query('CREATE ROLE granted LOGIN')
    await admin.query(`GRANT USAGE ON SCHEMA ${schema} TO granted`)
    const options = '-c default_transaction_isolation=serializable'
    const backend = postgresBackend(poolOf({ url: server.url.replace('postgres@', 'granted@') }, { options }), {
      schema,
    })
    expect(await rejection(backend.acquire(claim()))).toMatchObject({ executed: 'no', cause: { code: '42501' } })
    await admin.query(`GRANT EXECUTE ON ALL ROUTINES IN SCHEMA ${schema} TO granted`)
    expect(await backend.acquire(claim())).toMatchObject({ acquired: true })
  })

  test('without USAGE: certain, and not worth asking again', async () => {
    const schema = 'forbidden'
    await migrate(admin, { schema })
    await admin.query('CREATE ROLE stranger LOGIN')
    const stranger = poolOf({ url: server.url.replace('postgres@', 'stranger@') })
    const error = await rejection(postgresBackend(stranger, { schema }).acquire(claim()))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(String(error)).toContain('permission denied for schema forbidden')
    await expect(migrate(stranger, { schema: 'another' })).rejects.toThrow('permission denied')
  })

  test('serve one connection of pg as well as a pool', async () => {
    const single = new Client(server.url)
    await single.connect()
    await migrate(single)
    const mine = claim()
    const backend = postgresBackend(single)
    expect(await backend.acquire(mine)).toMatchObject({ acquired: true })
    expect(await backend.release(mine)).toBe('released')
    await single.end()
  })
})
