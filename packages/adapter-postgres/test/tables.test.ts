import { expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { connectionOf, migrated, poolOf, withServer } from './support/server.js'
import { claim, eventually } from './support/wait.js'

withServer('the tables', async () => {
  const { server, pool } = await migrated()
  const quiet = await connectionOf(pool)
  const count = async (table: string): Promise<number> => {
    const { rows } = await pool.query<{ count: string }>(`SELECT count(*) FROM holdfast.${table}`)
    return Number(rows[0]?.count)
  }

  test('do not grow with the names that were ever held, whether released, expired or left in line', async () => {
    const backend = postgresBackend(pool)
    const round = async (n: number): Promise<void> => {
      const one = async (i: number): Promise<void> => {
        const mine = claim({ ttlMs: 10 })
        await backend.acquire(mine)
        await backend.acquire(claim({ name: mine.name, ttlMs: 10, lineMs: 10 }))
        if (i % 2 === 0) await backend.release(mine)
      }
      await Promise.all(Array.from({ length: n }, (_, i) => one(i)))
      await pool.query(`UPDATE holdfast.lock SET used_at = used_at - interval '11 minutes'`)
    }
    // A call that comes while another call sweeps does not sweep, so some rounds are needed.
    await round(150)
    await eventually(async () => {
      await round(100)
      // Only the names of the last rounds are left.
      for (const table of ['lock', 'holder', 'place']) expect(await count(table)).toBeLessThan(150)
    })
  })

  test('cost no more for a name that was held often since the last vacuum', async () => {
    for (const table of ['lock', 'holder', 'place']) {
      await quiet.query(`VACUUM ANALYZE holdfast.${table}`)
      await quiet.query(`ALTER TABLE holdfast.${table} SET (autovacuum_enabled = off)`)
    }
    const { name } = claim()
    const backend = postgresBackend(poolOf(server, { max: 1 }))
    const blocksOf = async (): Promise<number> => {
      const { rows } = await quiet.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
         SELECT holdfast.acquire_v1($1, 'nobody', 10, false, 1, 1, false, NULL, NULL, NULL)`,
        [name],
      )
      return rows[0]?.['QUERY PLAN'][0].Plan['Shared Hit Blocks'] ?? Infinity
    }
    const pairs = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        const mine = claim({ name })
        if (!(await backend.acquire(mine)).acquired) throw new Error('the name is free')
        await backend.release(mine)
      }
    }
    // A plan is kept from the sixth time on. The claim after that of 'nobody' drops the rows that 'nobody' left.
    for (let i = 0; i < 6; i++) {
      await pairs(10)
      await blocksOf()
      await eventually(async () => expect(await backend.inspect(name)).toBeNull())
    }
    const before = await blocksOf()
    await eventually(async () => expect(await backend.inspect(name)).toBeNull())
    await pairs(600)
    // Rows that an open snapshot of another server process keeps are dropped by the calls after it has ended.
    await eventually(async () => {
      await pairs(1)
      expect(await blocksOf()).toBeLessThan(before + 25)
    })
  })

  test('keep what is held or waited for, however long', async () => {
    const backend = postgresBackend(pool)
    const [held, waiting] = [claim(), claim({ lineMs: 60_000 })]
    await backend.acquire(held)
    await backend.acquire({ ...waiting, name: held.name })
    await pool.query(`UPDATE holdfast.lock SET used_at = used_at - interval '11 minutes'`)
    await Promise.all(Array.from({ length: 200 }, () => backend.acquire(claim({ ttlMs: 10 }))))
    expect((await pool.query('SELECT FROM holdfast.lock WHERE name = $1', [held.name])).rowCount).toBe(1)
    expect(await backend.inspect(held.name)).toMatchObject({ holders: [{ owner: held.owner }], waiting: 1 })
  })

  test('see no deadlock between the extension of two leases and whoever has one of them and wants the other', async () => {
    const backend = postgresBackend(pool)
    const [one, other] = [claim({ mode: 'shared', limit: 9 }), claim({ mode: 'shared', limit: 9 })]
    for (const each of [one, other]) await backend.acquire(each)
    const lock = (owner: string) => quiet.query('SELECT FROM holdfast.holder WHERE owner = $1 FOR UPDATE', [owner])
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      await quiet.query('BEGIN')
      await lock(first.owner)
      const extended = backend.extend([one, other])
      await eventually(async () => {
        const { rows } = await pool.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)
        expect(rows).toHaveLength(1)
      })
      await lock(second.owner)
      await quiet.query('COMMIT')
      expect((await extended).map(({ status }) => status)).toEqual(['extended', 'extended'])
    }
  })
})
