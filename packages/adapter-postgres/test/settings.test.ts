import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { connectionOf, migrated, poolOf, withServer } from './support/server.js'
import { claim } from './support/wait.js'

withServer('settings of the server:', async () => {
  const { server, pool } = await migrated()

  /** With `jit=on`, the default of PostgreSQL. The server loads the compiler when a session first compiles a plan. */
  const hasCompiler = async (): Promise<boolean> => {
    const { rows } = await poolOf(server, { options: '-c jit=on' }).query<{ has: boolean }>(
      'SELECT pg_jit_available() AS has',
    )
    return rows[0]?.has === true && existsSync('/proc/self/maps')
  }

  test('no statement of a verb is compiled, which would take longer than all else', async (context) => {
    context.skip(!(await hasCompiler()), 'this server compiles no plans')
    const session = await connectionOf(poolOf(server, { options: '-c jit=on', max: 1 }))
    const compiled = async (): Promise<boolean> => {
      const { rows } = await session.query<{ text: string }>(
        `SELECT pg_read_file('/proc/self/maps', 0, 1000000) AS text`,
      )
      return /llvmjit/.test(rows[0]?.text ?? '')
    }
    const backend = postgresBackend(session)
    for (let i = 0; i < 60; i++) {
      const mine = claim()
      await backend.acquire(mine)
      await backend.acquire(claim({ name: mine.name, lineMs: 3_000 }))
      await backend.extend([mine, claim()])
      await backend.extend([{ ...mine, fences: 3 }])
      await backend.extend([{ ...mine, mode: 'shared' }])
      await backend.inspect(mine.name)
      await backend.release(mine)
      await backend.evict(mine.name)
    }
    for await (const _ of backend.list?.() ?? []) break
    expect(await compiled()).toBe(false)
    await session.query('SET jit_above_cost = 0')
    await session.query('SELECT count(*) FROM pg_class')
    expect(await compiled()).toBe(true)
    expect(await postgresBackend(pool).inspect('none')).toBeNull()
  })
})
