import { expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { migrate } from '../src/index.js'
import { ownServer, poolOf, withServer } from './support/server.js'
import { claim, eventually } from './support/wait.js'

// A standby that never comes stands for a slow disk: a transaction that must be durable waits for it.
withServer('a transaction waits for the disk and the standby', async () => {
  const server = await ownServer(['synchronous_standby_names=nobody'])
  const impatient = poolOf(server, { options: '-c synchronous_commit=local' })
  await migrate(impatient)
  const local = postgresBackend(impatient, { listen: false })
  const backend = postgresBackend(poolOf(server), { listen: false })

  /** Waits until a transaction waits for the standby, and lets it go on. */
  const letGo = (): Promise<void> =>
    eventually(async () => {
      const { rows } = await impatient.query(
        `SELECT pg_cancel_backend(pid) AS done FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
      )
      expect(rows).toEqual([{ done: true }])
    })

  test('when it grants, extends, or keeps a name taken', async () => {
    const mine = claim()
    const acquired = backend.acquire(mine)
    await letGo()
    expect(await acquired).toMatchObject({ acquired: true })
    const extended = backend.extend([mine])
    await letGo()
    expect(await extended).toMatchObject([{ status: 'extended' }])
    const kept = backend.release({ ...mine, keepMs: 60_000 })
    await letGo()
    expect(await kept).toBe('released')
  })

  test('when it passes a name on to the head of the line', async () => {
    const [mine, next] = [claim(), claim({ lineMs: 60_000 })]
    await local.acquire(mine)
    await local.acquire({ ...next, name: mine.name })
    const released = backend.release(mine)
    await letGo()
    expect(await released).toBe('released')
    expect(await local.inspect(mine.name)).toMatchObject({ holders: [{ owner: next.owner }] })
  })

  test('not when it gives a name up, takes a place in line, or leaves it: if it is lost, that does no harm', async () => {
    const [mine, next] = [claim(), claim({ lineMs: 60_000 })]
    await local.acquire(mine)
    expect(await backend.acquire({ ...next, name: mine.name })).toMatchObject({ acquired: false, ahead: 0 })
    expect(await backend.release({ name: mine.name, owner: next.owner })).toBe('not-held')
    expect(await backend.release(mine)).toBe('released')
    expect(await local.inspect(mine.name)).toBeNull()
  })
})
