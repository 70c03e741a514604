import type { LockBackend } from '@holdfast/core'
import { describe, expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { connectionOf, migrated, poolOf, withServer } from './support/server.js'
import { claim, eventually } from './support/wait.js'

// The other call is not yet committed when this one begins, and is when it is executed.
withServer('a call that waits for another one under the same name sees what that has done', async () => {
  const { server, pool } = await migrated()
  const waiting = async (): Promise<void> =>
    eventually(async () => {
      const { rows } = await pool.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'advisory'`)
      expect(rows).toHaveLength(1)
    })

  describe.each(['read committed', 'repeatable read', 'serializable'])('by default %s', (level) => {
    const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`
    const backendOf = (): LockBackend => postgresBackend(poolOf(server, { options }), { listen: false })
    /** Calls while another connection has executed `statement` and not yet committed it. */
    const beside = async <T>(statement: string, values: readonly string[], call: () => Promise<T>): Promise<T> => {
      const tx = await connectionOf(pool)
      await tx.query('BEGIN')
      await tx.query(statement, [...values])
      const answer = call()
      await waiting()
      await tx.query('COMMIT')
      return answer
    }
    const ACQUIRE = 'SELECT holdfast.acquire_v1($1, $2, 60000, false, 1, 1, false, NULL, NULL, NULL)'
    const LINE_UP = 'SELECT holdfast.acquire_v1($1, $2, 60000, false, 1, 1, false, 60000, NULL, NULL)'
    const RELEASE = 'SELECT holdfast.release_v1($1, $2, 0)'

    test('a release ends the lease', async () => {
      const [backend, mine] = [backendOf(), claim()]
      const released = await beside(ACQUIRE, [mine.name, mine.owner], () => backend.release(mine))
      expect(released).toBe('released')
      expect(await backend.inspect(mine.name)).toBeNull()
    })

    test('a release leaves the line', async () => {
      const [backend, holder] = [backendOf(), claim()]
      const waiter = claim({ name: holder.name })
      await backend.acquire(holder)
      await beside(LINE_UP, [waiter.name, waiter.owner], () => backend.release(waiter))
      await backend.release(holder)
      expect(await backend.inspect(holder.name)).toBeNull()
    })

    test('an eviction frees the name', async () => {
      const [backend, mine] = [backendOf(), claim()]
      expect(await beside(ACQUIRE, [mine.name, mine.owner], () => backend.evict(mine.name))).toBe(true)
      expect(await backend.inspect(mine.name)).toBeNull()
    })

    test('a claim is granted', async () => {
      const [backend, former] = [backendOf(), claim()]
      await backend.acquire(former)
      const next = claim({ name: former.name })
      const granted = await beside(RELEASE, [former.name, former.owner], () => backend.acquire(next))
      expect(granted).toMatchObject({ acquired: true })
    })
  })
})
