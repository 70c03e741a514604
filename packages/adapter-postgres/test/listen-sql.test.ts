import type { LockBackend, Unwatch } from '@holdfast/core'
import type { PostgresServer } from '@holdfast/testkit/postgres'
import type { Pool } from 'pg'
import postgres, { type Options, type Sql } from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { migrated, withServer } from './support/server.js'
import { claim, eventually, rejection } from './support/wait.js'

const LOG = 'test.log'

/** A client whose connections are known at the server by a name, and what it sent in order to listen. */
function clientOf({ url }: PostgresServer, options: Options<Record<string, never>> = {}) {
  const listens: string[] = []
  const name = claim().owner.slice(0, 30)
  const sql = postgres(url, {
    max: 2,
    // This client can end the process when a connection ends while it fetches the types.
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: name },
    debug: (_, text) => void (/listen/i.test(text) && listens.push(text)),
    ...options,
  })
  afterAll(() => sql.end())
  return { sql, name, listens }
}

/** How many connections of a client have sent something about listening last. */
async function listeningOf(pool: Pool, name: string): Promise<number> {
  const { rows } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE application_name = $1 AND query ILIKE '%listen%'`,
    [name],
  )
  return rows.length
}

/** A watch, what it was told, and the names that it was notified of. */
async function watching(backend: LockBackend) {
  const standings: boolean[] = []
  const turns: string[] = []
  const unwatch: Unwatch | undefined = await backend.watch?.(
    (turn) => turns.push(turn.name),
    (standing) => standings.push(standing),
  )
  return { standings, turns, unwatch }
}

/** Waits in line for a name that is released then. Each backend notifies itself. */
async function releaseToWaiter(backend: LockBackend): Promise<string> {
  const first = claim()
  await backend.acquire(first)
  await backend.acquire(claim({ name: first.name, lineMs: 60_000 }))
  await backend.release(first)
  return first.name
}

const channelsOf = (sql: Sql): unknown => Reflect.get(sql.listen, 'channels')

withServer('postgres, which listens by itself:', async () => {
  const { server, pool } = await migrated(['logging_collector=on', `log_filename=${LOG}`])

  test('a server that was a replica for a while and refused to listen is listened to after its promotion', async () => {
    const { sql } = clientOf(server)
    const backend = postgresBackend(sql)
    const { standings, turns, unwatch } = await watching(backend)
    const { rows } = await pool.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`)
    await pool.query(`COPY (SELECT '') TO '${rows[0]?.folder}/standby.signal'`)
    await server.restart()
    await eventually(async () => {
      const log = await pool.query(
        `SELECT pg_read_file('log/${LOG}') LIKE '%execute LISTEN during recovery%' AS refused`,
      )
      expect(log.rows).toEqual([{ refused: true }])
    })
    await pool.query('SELECT pg_promote()')
    await eventually(() => expect(standings).toEqual([false, true]))
    const name = await releaseToWaiter(backend)
    await eventually(() => expect(turns).toEqual([name]))
    await unwatch?.()
  })

  test('an outage is told once, when it is noticed', async () => {
    const { sql } = clientOf(server)
    const [backend, other] = [postgresBackend(sql), postgresBackend(sql)]
    const [one, two] = [await watching(backend), await watching(other)]
    await server.kill()
    await eventually(() => expect([one.standings, two.standings]).toEqual([[false], [false]]))
    await server.restart()
    await eventually(() =>
      expect([one.standings, two.standings]).toEqual([
        [false, true],
        [false, true],
      ]),
    )
    const name = await releaseToWaiter(backend)
    await eventually(() => expect(one.turns).toEqual([name]))
    expect([one.standings, two.standings]).toEqual([
      [false, true],
      [false, true],
    ])
    await Promise.all([one.unwatch?.(), two.unwatch?.()])
  })

  test('a connection that is made anew before anybody noticed is told, too', async () => {
    const { sql, name } = clientOf(server)
    const backend = postgresBackend(sql)
    const { standings, turns, unwatch } = await watching(backend)
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND query ILIKE '%listen%'`,
      [name],
    )
    await eventually(() => expect(standings).toEqual([false, true]))
    const turn = await releaseToWaiter(backend)
    await eventually(() => expect(turns).toEqual([turn]))
    await unwatch?.()
    await eventually(async () => expect(await listeningOf(pool, name)).toBe(0))
  })

  test('a client that was ended before anybody listened has no connection thereafter', async () => {
    const { sql, name } = clientOf(server)
    const backend = postgresBackend(sql)
    await backend.acquire(claim())
    await sql.end()
    await watching(backend).catch(() => {})
    await eventually(async () => expect(await listeningOf(pool, name)).toBe(0))
  })

  test('a client that is ended while it listens has no connection thereafter', async () => {
    const { sql, name, listens } = clientOf(server)
    const { standings } = await watching(postgresBackend(sql))
    expect(await listeningOf(pool, name)).toBe(1)
    await sql.end()
    await eventually(() => expect(standings).toEqual([false]))
    await eventually(async () => expect(await listeningOf(pool, name)).toBe(0))
    // The client is known to have ended before the next attempt is due.
    expect(listens).toHaveLength(2)
  })

  test('the connection ends with the last watch, and leaves alone what else the client listens to', async () => {
    const { sql, name } = clientOf(server)
    const [first, last] = [await watching(postgresBackend(sql)), await watching(postgresBackend(sql))]
    await first.unwatch?.()
    expect(await listeningOf(pool, name)).toBe(1)
    await last.unwatch?.()
    await eventually(async () => expect(await listeningOf(pool, name)).toBe(0))

    const heard: string[] = []
    await sql.listen('own', (message) => heard.push(message))
    const backend = postgresBackend(sql)
    const { turns, unwatch } = await watching(backend)
    const turn = await releaseToWaiter(backend)
    await eventually(() => expect(turns).toEqual([turn]))
    await unwatch?.()
    await sql.notify('own', 'still here')
    await eventually(() => expect(heard).toEqual(['still here']))
    expect(Object.keys(channelsOf(sql) ?? {})).toEqual(['own'])
  })

  test('a server that was away at first leaves nothing that would be listened to later', async () => {
    const { sql, name } = clientOf(server, { max: 1, backoff: () => 3 })
    const backend = postgresBackend(sql)
    await server.kill()
    await rejection(watching(backend))
    await eventually(() => expect(channelsOf(sql)).toEqual({}))
    // The client tries again after the same time as what it has yet to send in order to listen, and hence later.
    await rejection(backend.acquire(claim()))
    await server.restart()
    await eventually(() => backend.acquire(claim()))
    const { turns, unwatch } = await eventually(() => watching(backend))
    const turn = await releaseToWaiter(backend)
    await eventually(() => expect(turns).toEqual([turn]))
    expect(await listeningOf(pool, name)).toBe(1)
    await unwatch?.()
    await eventually(async () => expect(await listeningOf(pool, name)).toBe(0))
  })
})
