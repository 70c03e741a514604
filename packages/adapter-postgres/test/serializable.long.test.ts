import lowestPg from 'pg-lowest'
import { PGlite as LowestPglite } from 'pglite-lowest'
import lowestPostgres from 'postgres-lowest'
import { describe, expect, test } from 'vitest'
import { migrate, postgresBackend } from '../src/index.js'
import { migrated, withServer } from './support/server.js'
import { inProcess, type Open, pool as poolBy, sql } from './support/target.js'
import { claim } from './support/wait.js'

const CALLERS = 8

/**
 * Several callers claim a few names and names of their own. Answers the names that were granted while their row is
 * missing: the transaction of such a grant was rolled back, and the name may have another holder.
 */
async function grantsWithoutRow(
  open: Open,
  claims: number,
  hasRow: (name: string, owner: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const { client, close } = await open()
  const backend = postgresBackend(client, { listen: false })
  const names = Array.from({ length: 6 }, () => claim().name)
  const missing: string[] = []
  let granted = 0
  let begun = 0
  const caller = async (): Promise<void> => {
    for (let i = (begun += 1); i <= claims && missing.length === 0; i = begun += 1) {
      const own = claim()
      const mine = i % 2 === 0 ? own : { ...own, name: names[i % names.length] ?? own.name }
      const outcome = await backend.acquire(mine).catch(() => undefined)
      if (outcome?.acquired !== true) continue
      granted += 1
      if (!(await hasRow(mine.name, mine.owner))) missing.push(mine.name)
      // A release may conflict too, and the shared names are claimed again.
      while ((await backend.release(mine).catch(() => undefined)) === undefined);
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  await close()
  if (missing.length === 0) expect(granted).toBeGreaterThan(claims / 10)
  return missing
}

withServer('under SERIALIZABLE, a grant was committed when it is answered:', async () => {
  const { server, pool } = await migrated()
  const options = '-c default_transaction_isolation=serializable'
  const connection = { default_transaction_isolation: 'serializable' } as const

  test.each<[string, Open]>([
    ['pg', poolBy(server.url, (settings) => new lowestPg.Pool({ ...settings, max: CALLERS, options }))],
    ['postgres', sql(() => lowestPostgres(server.url, { max: CALLERS, connection, onnotice: () => {} }))],
  ])('the lowest %s', async (_, open) => {
    const missing = await grantsWithoutRow(open, 1_000, async (name, owner) => {
      const { rowCount } = await pool.query('SELECT FROM holdfast.holder WHERE name = $1 AND owner = $2', [name, owner])
      return rowCount === 1
    })
    expect(missing).toEqual([])
  })
})

describe('under SERIALIZABLE, a grant was committed when it is answered:', () => {
  test('the lowest PGlite', async () => {
    const client = new LowestPglite()
    await migrate(client)
    await client.query(`SET default_transaction_isolation = 'serializable'`)
    const [open] = inProcess(() => client)
    const missing = await grantsWithoutRow(open, 40, async (name, owner) => {
      const { rows } = await client.query('SELECT 1 FROM holdfast.holder WHERE name = $1 AND owner = $2', [name, owner])
      return rows.length === 1
    })
    expect(missing).toEqual([])
  })
})
