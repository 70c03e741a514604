import { createLocker, isLockError, type Lease, memoryBackend } from '@holdfast/core'
import postgres from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { assertHeld, postgresBackend } from '../src/index.js'
import { migrated, poolOf, withServer } from './support/server.js'
import { claim, eventually, rejection } from './support/wait.js'

withServer('a transaction under the guard', async () => {
  const { server, pool } = await migrated()
  await pool.query('CREATE TABLE account (id bigint PRIMARY KEY, balance int)')
  const backend = postgresBackend(pool)
  const locks = createLocker({ backend })
  const others = createLocker({ backend: postgresBackend(poolOf(server)) })
  afterAll(() => Promise.all([locks.close(), others.close()]))

  const begin = async (isolation = 'READ COMMITTED') => {
    const tx = await pool.connect()
    await tx.query(`BEGIN ISOLATION LEVEL ${isolation}`)
    return {
      tx,
      end: async (how: 'COMMIT' | 'ROLLBACK' = 'COMMIT') => {
        await tx.query(how)
        tx.release()
      },
    }
  }

  test.each(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])(
    'keeps the next holder out until it has ended, though the lease ends before: %s',
    async (isolation) => {
      const { name } = claim()
      const lease = await locks.acquire(name, { renew: false })
      const { tx, end } = await begin(isolation)
      await assertHeld(tx, lease)
      await endSoon(lease)
      await eventually(() => expect(lease.held).toBe(false))
      await eventually(async () => expect(await backend.inspect(name)).toBeNull())
      const waiting = others.acquire(name)
      expect(await others.tryAcquire(name)).toBeNull()
      await tx.query('INSERT INTO account VALUES ($1, 1)', [lease.fence])
      expect(await others.tryAcquire(name)).toBeNull()
      await end()
      await using next = await waiting
      expect(next.fence).toBeGreaterThan(lease.fence ?? Infinity)
    },
  )

  test.each(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])(
    'is told exactly, though the lease was extended or ended after its snapshot: %s',
    async (isolation) => {
      const { name } = claim()
      const lease = await locks.acquire(name)
      const attempt = async (between: () => Promise<unknown>): Promise<unknown> => {
        const { tx, end } = await begin(isolation)
        await tx.query('SELECT FROM account')
        await between()
        const error = await assertHeld(tx, pausedCopy(lease)).catch((reason: unknown) => reason)
        await end('ROLLBACK')
        return error
      }
      expect(await attempt(() => lease.extend())).toBeUndefined()
      // PostgreSQL may see a conflict of SERIALIZABLE transactions in anything.
      const ended = isolation === 'SERIALIZABLE' ? { cause: { code: '40001' } } : { code: 'LOCK_LOST' }
      expect(await attempt(() => others.forceRelease(name))).toMatchObject(ended)
      expect(await attempt(async () => {})).toMatchObject({ code: 'LOCK_LOST' })
    },
  )

  test('cannot begin when the name has passed on', async () => {
    const { name } = claim()
    const lease = await locks.acquire(name)
    await using thief = await others.acquire(name, { steal: true })
    expect(thief.held).toBe(true)
    const { tx, end } = await begin()
    // The paused process has not been notified yet.
    const paused = { ...pausedCopy(lease) }
    const error = await rejection(assertHeld(tx, paused))
    expect(isLockError(error, 'LOCK_LOST')).toBe(true)
    await end('ROLLBACK')
  })

  test('cannot begin when the lease has ended, though nobody has come', async () => {
    const mine = claim({ ttlMs: 50 })
    const granted = await backend.acquire(mine)
    if (!granted.acquired) throw new Error('nobody holds the name')
    await eventually(async () => expect(await backend.inspect(mine.name)).toBeNull())
    const { tx, end } = await begin()
    const lease = { ...mine, names: [mine.name], fences: new Map([[mine.name, granted.fence]]), assertHeld: () => {} }
    await expect(assertHeld(tx, lease as unknown as Lease)).rejects.toThrow('not held any more')
    await end('ROLLBACK')
  })

  test('lets the lease be renewed', async () => {
    const { name } = claim()
    let renewed = 0
    await using renewing = createLocker({ backend, observer: { renewed: () => void (renewed += 1) } })
    await using lease = await renewing.acquire(name, { ttlMs: 3_000 })
    const { tx, end } = await begin()
    await assertHeld(tx, lease)
    const fence = lease.fence
    // More than three renewals take longer than the ttl: without them the lease would have ended.
    await eventually(() => expect(renewed).toBeGreaterThan(3))
    expect(lease.held).toBe(true)
    await end()
    expect(lease.fence).toBe(fence)
  })

  test('delays a steal and an eviction until it has ended, and its lease is lost at once', async () => {
    for (const force of ['steal', 'evict'] as const) {
      const { name } = claim()
      const lease = await locks.acquire(name)
      lease.signal.addEventListener('abort', () => {})
      const { tx, end } = await begin()
      await assertHeld(tx, lease)
      if (force === 'evict') expect(await others.forceRelease(name)).toBe(true)
      const taking = others.acquire(name, force === 'steal' ? { steal: true } : {})
      await eventually(() => expect(lease.signal.aborted).toBe(true))
      expect(await others.tryAcquire(name)).toBeNull()
      await expect(assertHeld(tx, pausedCopy(lease))).rejects.toThrow('not held any more')
      await end('ROLLBACK')
      await using next = await taking
      expect(next.held).toBe(true)
    }
  })

  test('keeps the name also after a release, until it has ended', async () => {
    const { name } = claim()
    const lease = await locks.acquire(name)
    const { tx, end } = await begin()
    await assertHeld(tx, lease)
    expect(await lease.release()).toBe('released')
    expect(await others.tryAcquire(name)).toBeNull()
    await end()
    await using next = await others.acquire(name)
    expect(next.held).toBe(true)
  })

  test('keeps the name also from waiters of the same locker, to whom a lease passes otherwise', async () => {
    const { name } = claim()
    const lease = await locks.acquire(name)
    const waiting = locks.acquire(name)
    const { tx, end } = await begin()
    await assertHeld(tx, lease)
    expect(await lease.release()).toBe('released')
    expect(await locks.tryAcquire(name)).toBeNull()
    await end()
    await using next = await waiting
    expect(next.owner).not.toBe(lease.owner)
  })

  test('cannot begin when the lease is released while the statement waits for its connection', async () => {
    const { name } = claim()
    const lease = await locks.acquire(name)
    const waiting = locks.acquire(name)
    const { tx, end } = await begin()
    const before = tx.query('SELECT pg_sleep(0.5)')
    const checked = rejection(assertHeld(tx, lease))
    await lease.release()
    await using next = await waiting
    expect(next.held).toBe(true)
    await before
    expect(isLockError(await checked, 'LOCK_LOST')).toBe(true)
    await end('ROLLBACK')
  })

  test('ends with a rollback to a savepoint before the call, not with a rollback to a later savepoint', async () => {
    const { name } = claim()
    const lease = await locks.acquire(name)
    const { tx, end } = await begin()
    await tx.query('SAVEPOINT nested')
    await assertHeld(tx, lease)
    await tx.query('ROLLBACK TO SAVEPOINT nested')
    await assertHeld(tx, lease)
    await tx.query('SAVEPOINT later')
    await tx.query('ROLLBACK TO SAVEPOINT later')
    expect(await lease.release()).toBe('released')
    expect(await others.tryAcquire(name)).toBeNull()
    // This drops the row lock of the second call too: it came after this savepoint.
    await tx.query('ROLLBACK TO SAVEPOINT nested')
    await using next = await others.acquire(name)
    expect(next.held).toBe(true)
    await end()
  })

  test('ends with its connection, so that a timeout of idle transactions frees the name', async () => {
    const idle = poolOf(server, { options: '-c idle_in_transaction_session_timeout=3000' })
    const { name } = claim()
    const lease = await locks.acquire(name, { renew: false })
    const tx = await idle.connect()
    tx.on('error', () => {})
    await tx.query('BEGIN')
    await assertHeld(tx, lease)
    await endSoon(lease)
    await using next = await others.acquire(name)
    expect(next.held).toBe(true)
    await expect(tx.query('COMMIT')).rejects.toThrow(/terminat|not queryable/)
    tx.release(true)
  })

  test('guards several names, readers, and what was handed over within the process', async () => {
    const [one, other] = [claim().name, claim().name]
    await using many = await locks.acquire([other, one])
    await using reader = await locks.acquire(claim().name, { mode: 'shared' })
    const { name } = claim()
    const first = await locks.acquire(name)
    const second = locks.acquire(name)
    await first.release()
    await using handed = await second
    const { tx, end } = await begin()
    for (const lease of [many, reader, handed]) await assertHeld(tx, lease)
    await end()
    await expect(assertHeld(pool, first)).rejects.toThrow('released')
  })

  test('is refused outside of a transaction, where it would guard nothing', async () => {
    await using lease = await locks.acquire(claim().name)
    await expect(assertHeld(pool, lease)).rejects.toThrow(TypeError)
    const client = await pool.connect()
    await expect(assertHeld(client, lease)).rejects.toThrow('after BEGIN')
    client.release()
  })

  test('is refused for a lease of another store', async () => {
    await using memory = createLocker({ backend: memoryBackend() })
    await using lease = await memory.acquire('name')
    const { tx, end } = await begin()
    const error = await rejection(assertHeld(tx, lease))
    expect([isLockError(error, 'LOCK_LOST'), lease.held]).toEqual([true, true])
    expect(String(error)).toContain('or is one of another store, database or schema')
    await end('ROLLBACK')
  })

  test('may be one of the client postgres', async () => {
    const sql = postgres(server.url, { onnotice: () => {} })
    await using lease = await locks.acquire(claim().name)
    await sql.begin((tx) => assertHeld(tx, lease))
    await expect(assertHeld(sql, lease)).rejects.toThrow(TypeError)
    await sql.end()
  })

  // The callback of a transaction whose connection has ended goes on: https://github.com/porsager/postgres/issues/1216
  test('with a client of postgres for each transaction, is not ended by a transaction that ended before', async () => {
    const ownOf = (): postgres.Sql => postgres(server.url, { max: 1, fetch_types: false, onnotice: () => {} })
    let goOn = (): void => {}
    const late = new Promise<void>((resolve) => (goOn = resolve))
    let process: number | undefined
    let refused: unknown
    const own = ownOf()
    const first = rejection(
      own.begin(async (tx) => {
        process = (await tx<{ id: number }[]>`SELECT pg_backend_pid() AS id`)[0]?.id
        await late
        refused = await rejection(tx`SELECT 1`)
        throw new Error('the work has failed')
      }),
    ).finally(() => void own.end({ timeout: 0 }))
    await eventually(() => expect(process).toBeDefined())
    await pool.query('SELECT pg_terminate_backend($1)', [process])
    await first

    const { name } = claim()
    const lease = await locks.acquire(name, { renew: false })
    const next = ownOf()
    await next.begin(async (tx) => {
      await assertHeld(tx, lease)
      await lease.release()
      goOn()
      await eventually(() => expect(refused).toMatchObject({ code: 'CONNECTION_DESTROYED' }))
      expect(await others.tryAcquire(name)).toBeNull()
    })
    await next.end()
    await using free = await others.acquire(name)
    expect(free.held).toBe(true)
  })
})

/** Lets the lease end within a second, however much time the test has taken. */
async function endSoon(lease: Lease): Promise<void> {
  await lease.extend(1_000).catch((error: unknown) => {
    // The lease has ended already.
    if (!isLockError(error, 'LOCK_LOST')) throw error
  })
}

/** The lease as a process sees it that was paused and has not noticed the loss. */
function pausedCopy({ name, names, owner, fence, fences }: Lease): Lease {
  return { name, names, owner, fence, fences, assertHeld: () => {} } as unknown as Lease
}
