import { expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { migrated, withServer } from './support/server.js'
import { claim } from './support/wait.js'

/** More rows than a page of the list has. */
const MANY = 250

withServer('the list', async () => {
  const { pool } = await migrated()
  const backend = postgresBackend(pool)
  const named = async (): Promise<readonly string[]> => {
    const names: string[] = []
    for await (const { name } of backend.list?.() ?? []) names.push(name)
    return names
  }

  test('has every name, however many share or wait for the names before it', async () => {
    const shared = { mode: 'shared', limit: Infinity } as const
    for (let i = 0; i < MANY; i++) await backend.acquire(claim({ name: 'a: many readers', ...shared }))
    // The lease of this name has ended, so that only the waiting claim makes the list find the name.
    const ended = claim({ name: 'b: waited for', ttlMs: 60_000 })
    await backend.acquire(ended)
    await backend.acquire(claim({ name: ended.name, lineMs: 60_000 }))
    await pool.query(`UPDATE holdfast.holder SET expires_at = clock_timestamp() WHERE owner = $1`, [ended.owner])
    await backend.acquire(claim({ name: 'c: held' }))
    for (let i = 0; i <= MANY; i++) await backend.acquire(claim({ name: 'd: a long line', lineMs: 60_000 }))
    await backend.acquire(claim({ name: 'e: held' }))
    const other = claim({ name: 'f: waited for' })
    await backend.acquire(other)
    await backend.acquire(claim({ name: other.name, lineMs: 60_000 }))
    await pool.query(`UPDATE holdfast.holder SET expires_at = clock_timestamp() WHERE owner = $1`, [other.owner])
    await backend.acquire(claim({ name: 'g: held' }))
    expect((await named()).map((name) => name.charAt(0)).join('')).toBe('abcdefg')
  })
})
