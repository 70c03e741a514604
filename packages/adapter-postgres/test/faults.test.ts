import { inspect } from 'node:util'
import { createLocker, isLockError } from '@holdfast/core'
import { Pool } from 'pg'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { migrate, postgresBackend } from '../src/index.js'
import { connectionOf, migrated, ownServer, poolOf, withServer } from './support/server.js'
import { claim, eventually, rejection } from './support/wait.js'

withServer('what the server refuses is certain:', async () => {
  const { server, pool } = await migrated()
  const locker = await connectionOf(pool)
  const backendWith = (options: string) => postgresBackend(poolOf(server, { options }))

  test('a server that takes no writes', async () => {
    const backend = backendWith('-c default_transaction_read_only=on')
    const { name, owner } = claim()
    for (const verb of [
      () => backend.acquire(claim()),
      () => backend.release({ name, owner }),
      () => backend.evict(name),
      () => backend.extend([claim()]),
    ]) {
      // A call that changes nothing may be answered: here no name is held.
      const answer = await verb().catch((error: unknown) => error)
      if (answer instanceof Error) expect(answer).toMatchObject({ executed: 'no', retryable: true })
    }
    expect(await rejection(backend.acquire(claim()))).toMatchObject({ executed: 'no', retryable: true })
    const held = claim()
    await postgresBackend(pool).acquire(held)
    expect(await backend.inspect(held.name)).toMatchObject({ holders: [{ owner: held.owner }] })
  })

  test.each([
    ['statement_timeout', 'statement timeout'],
    ['lock_timeout', 'lock timeout'],
  ])('a %s', async (setting, words) => {
    const mine = claim()
    await locker.query(`SELECT pg_advisory_lock(holdfast.lock_key($1))`, [mine.name])
    const error = await rejection(backendWith(`-c ${setting}=100`).acquire(mine))
    await locker.query(`SELECT pg_advisory_unlock(holdfast.lock_key($1))`, [mine.name])
    expect(error).toMatchObject({ executed: 'no', retryable: true })
    expect(String(error)).toContain(words)
    expect(await postgresBackend(pool).inspect(mine.name)).toBeNull()
  })

  test('a server that takes no more connections, and a password that is wrong', async () => {
    await pool.query(`CREATE ROLE one LOGIN CONNECTION LIMIT 0`)
    await pool.query('GRANT USAGE ON SCHEMA holdfast TO one')
    const crowded = postgresBackend(poolOf({ url: server.url.replace('postgres@', 'one@') }))
    expect(await rejection(crowded.acquire(claim()))).toMatchObject({ executed: 'no', retryable: true })
    const nobody = postgresBackend(poolOf({ url: server.url.replace('postgres@', 'nobody_here:canary@') }))
    const error = await rejection(nobody.acquire(claim()))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary')
  })

  test.each(['repeatable read', 'serializable'])('a conflict of transactions: %s', async (isolation) => {
    const url = server.url
    const name = claim().name
    const lockers = Array.from({ length: 4 }, () => {
      const options = `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`
      return createLocker({ backend: postgresBackend(poolOf({ url }, { options, max: 4 })) })
    })
    let inside = 0
    let total = 0
    const fences = new Set<number | null>()
    const work = lockers.map(async (locks) => {
      for (let i = 0; i < 15; i++) {
        await locks.request(name, { waitMs: 60_000 }, async (lease) => {
          expect((inside += 1)).toBe(1)
          fences.add(lease.fence)
          await new Promise((resolve) => setImmediate(resolve))
          total += 1
          inside -= 1
        })
      }
    })
    await Promise.all(work)
    expect([total, fences.size]).toEqual([60, 60])
    await Promise.all(lockers.map((locks) => locks.close()))
  })

  test('a client that was ended', async () => {
    const ended = new Pool({ connectionString: server.url })
    await ended.end()
    const sql = postgres(server.url)
    await sql.end()
    for (const client of [ended, sql]) {
      const error = await rejection(postgresBackend(client).acquire(claim()))
      expect(error).toMatchObject({ executed: 'no', retryable: false })
    }
  })
  test('no server at all', async () => {
    const nowhere = { url: 'postgres://user:canary@127.0.0.1:1/postgres' }
    const sql = postgres(nowhere.url)
    for (const client of [poolOf(nowhere), sql]) {
      const error = await rejection(postgresBackend(client).acquire(claim()))
      expect(error).toMatchObject({ executed: 'no', retryable: true })
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary')
    }
    await sql.end()
  })
})

withServer('what a cut leaves open is unknown:', async () => {
  const { server, pool } = await migrated()
  const blocker = await connectionOf(pool)

  test('a connection that ends while the statement runs, which the server may execute', async () => {
    const cut = poolOf(server)
    await using locks = createLocker({ backend: postgresBackend(cut), label: 'canary-label' })
    const { name } = claim()
    await blocker.query('SELECT pg_advisory_lock(holdfast.lock_key($1))', [name])
    const attempt = rejection(locks.tryAcquire(name))
    await eventually(async () => {
      const { rows } = await pool.query(
        `SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' AND pid <> pg_backend_pid()`,
      )
      expect(rows).toHaveLength(1)
    })
    // Destroys the client's end of the connection, for which pg has no method. The server notices when it answers.
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- as it is inside of pg
    const clients: { connection: { stream: { destroy(): void } } }[] = Reflect.get(cut, '_clients')
    for (const { connection } of clients) connection.stream.destroy()
    const error = await attempt
    expect(isLockError(error, 'LOCK_INDETERMINATE')).toBe(true)
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/~[0-9a-f]{32}/)
    await blocker.query('SELECT pg_advisory_unlock(holdfast.lock_key($1))', [name])
    // The name was granted late, and given back.
    await eventually(async () => expect(await postgresBackend(pool).inspect(name)).toBeNull())
  })

  test('a backend process that is terminated while the statement runs', async () => {
    const mine = claim()
    await blocker.query('SELECT pg_advisory_lock(holdfast.lock_key($1))', [mine.name])
    const attempt = rejection(postgresBackend(poolOf(server)).acquire(mine))
    await eventually(async () => {
      const { rows } = await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'advisory'`,
      )
      expect(rows).toHaveLength(1)
    })
    expect(await attempt).toMatchObject({ executed: 'unknown' })
    await blocker.query('SELECT pg_advisory_unlock(holdfast.lock_key($1))', [mine.name])
  })
})

withServer('a server that crashes and comes back', async () => {
  // The server writes its log to the disk rarely: a commit that does not wait for it is lost in a crash.
  const server = await ownServer(['wal_writer_delay=10s'])
  const pool = poolOf(server)
  await migrate(pool)

  test('still knows the lease, its fence and the line, and it is renewed on', async () => {
    const waiter = postgresBackend(poolOf(server))
    await using locks = createLocker({ backend: postgresBackend(pool), ttlMs: 120_000 })
    const { name } = claim()
    const lease = await locks.acquire(name)
    const place = claim({ name, lineMs: 120_000 })
    expect(await waiter.acquire(place)).toMatchObject({ acquired: false, ahead: 0 })
    // A place in line does not wait for the disk. A grant does, and the place that came before it is on the disk with
    // it.
    expect(await waiter.acquire(claim())).toMatchObject({ acquired: true })
    await server.restart()
    await eventually(async () => expect((await waiter.inspect(name))?.holders[0]?.fence).toBe(lease.fence))
    await lease.extend()
    expect(lease.held).toBe(true)
    expect(await lease.release()).toBe('released')
    const [head] = (await waiter.inspect(name))?.holders ?? []
    expect(head?.owner).toBe(place.owner)
    expect(head?.fence).toBeGreaterThan(lease.fence ?? Infinity)
  })
})

withServer('a connection for notifications that is lost', async () => {
  const { server, pool } = await migrated()

  const listeners = async (): Promise<readonly number[]> => {
    const { rows } = await pool.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
    return rows.map(({ pid }) => pid)
  }

  test('is reported, made anew, and reported again; then turns arrive', async () => {
    const backend = postgresBackend(poolOf(server))
    const standings: boolean[] = []
    const turns: string[] = []
    const unwatch = await backend.watch?.(
      (turn) => turns.push(turn.name),
      (standing) => standings.push(standing),
    )
    const [pid] = await eventually(async () => {
      const pids = await listeners()
      expect(pids).toHaveLength(1)
      return pids
    })
    await pool.query('SELECT pg_terminate_backend($1)', [pid])
    await eventually(() => expect(standings).toEqual([false, true]))
    const first = claim()
    await backend.acquire(first)
    await backend.acquire(claim({ name: first.name, lineMs: 60_000 }))
    await backend.release(first)
    await eventually(() => expect(turns).toEqual([first.name]))
    await unwatch?.()
    await eventually(async () => expect(await listeners()).toEqual([]))
  })

  test('does not keep a waiter from its turn', async () => {
    await using locks = createLocker({ backend: postgresBackend(poolOf(server)) })
    await using others = createLocker({ backend: postgresBackend(poolOf(server)) })
    const { name } = claim()
    const lease = await others.acquire(name)
    const waiting = locks.acquire(name)
    const pids = await eventually(async () => {
      const found = await listeners()
      expect(found.length).toBeGreaterThan(0)
      return found
    })
    for (const pid of pids) await pool.query('SELECT pg_terminate_backend($1)', [pid])
    await lease.release()
    expect((await waiting).held).toBe(true)
  })
})

withServer("the server's clock", async () => {
  const { pool } = await migrated()
  const backend = postgresBackend(pool)
  const stepTo = (offset: string): Promise<unknown> =>
    pool.query(`CREATE OR REPLACE FUNCTION holdfast.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      'SELECT clock_timestamp() + interval ''${offset}'''`)

  test('set back: leases last longer, and fences still rise, also of names that were swept', async () => {
    await stepTo('0')
    const [held, swept] = [claim(), claim()]
    const first = await backend.acquire(held)
    const before = await backend.acquire(swept)
    await backend.release(swept)
    await stepTo('11 minutes')
    // A claim on a new name looks for old names to sweep; 200 such claims find the name.
    for (let i = 0; i < 200; i++) {
      const other = claim()
      await backend.acquire(other)
      await backend.release(other)
    }
    expect((await pool.query('SELECT FROM holdfast.lock WHERE name = $1', [swept.name])).rowCount).toBe(0)
    await stepTo('-1 day')
    await backend.evict(held.name)
    const again = await backend.acquire(claim({ name: held.name }))
    const after = await backend.acquire(claim({ name: swept.name }))
    if (!first.acquired || !before.acquired || !again.acquired || !after.acquired) throw new Error('each was free')
    expect(again.fence).toBeGreaterThan(first.fence ?? Infinity)
    expect(after.fence).toBeGreaterThan(before.fence ?? Infinity)
    await stepTo('0')
  })

  test('set forward: leases have ended, and their owners are answered so', async () => {
    await stepTo('0')
    const mine = claim()
    await backend.acquire(mine)
    await stepTo('1 hour')
    expect(await backend.extend([mine])).toEqual([{ status: 'lost' }])
    expect(await backend.release(mine)).toBe('not-held')
    await stepTo('0')
  })
})
