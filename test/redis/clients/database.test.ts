import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { createLocker } from '@holdfast/core'
import { describe, expect, test } from 'vitest'
import { claimOf } from '../../support/claim.js'
import { clientVersions } from '../../support/client-versions.js'
import { eventually, freshName, rejection } from '../../support/eventually.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)

const password = 'a password'
const db = 1
const setUser = (username: string, ...rest: string[]): Promise<unknown> =>
  raw.command('ACL', 'SETUSER', username, 'on', `>${password}`, '~*', '&*', '+@all', ...rest)

/** In which of the two databases there is a lock. */
async function databasesOf(name: string): Promise<number[]> {
  const found = []
  for (const each of [0, db]) {
    await raw.command('SELECT', `${each}`)
    if ((await raw.command('EXISTS', `lock:${name}`)) === 1) found.push(each)
  }
  return found
}

describe.each(clientVersions.filter(({ name }) => name.startsWith('ioredis')))('the database, by $name,', (version) => {
  test('is the one that was asked for', async () => {
    const client = await version.open(server.port, { db })
    const name = freshName()
    const backend = client.backend()
    const claims = Array.from({ length: 20 }, (_, i) => claimOf(`${name}/${i}`))
    const outcomes = await Promise.all(claims.map((claim) => backend.acquire(claim)))
    expect(outcomes.every(({ acquired }) => acquired)).toBe(true)
    expect(await databasesOf(`${name}/0`)).toEqual([db])
    expect(await databasesOf(`${name}/19`)).toEqual([db])
    client.end()
  })

  test('that the user may not select: nothing is locked anywhere, until the user may', async () => {
    const username = `${version.name}-may-not`.replace(' ', '-')
    await setUser(username, '-select')
    const client = await version.open(server.port, { db, username, password })
    const backend = client.backend()
    const name = freshName()
    const error = await rejection(backend.acquire(claimOf(name)))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(String(error)).toContain('database 1 could not be selected: ')
    await expect(backend.inspect(name)).rejects.toThrow('could not be selected')
    await expect(createLocker({ backend }).query()).rejects.toThrow('could not be selected')
    expect(await databasesOf(name)).toEqual([])
    await setUser(username, '+select')
    expect(await backend.acquire(claimOf(name))).toMatchObject({ acquired: true })
    expect(await databasesOf(name)).toEqual([db])
    client.end()
  })

  test('that the server does not have: nothing is locked anywhere', async () => {
    const client = await version.open(server.port, { db: 99 })
    const name = freshName()
    const error = await rejection(client.backend().acquire(claimOf(name)))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(String(error)).toMatch(/database 99 could not be selected: ERR /)
    expect(await databasesOf(name)).toEqual([])
    client.end()
  })

  test('is not left by a command that the client sends again after a cut', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const username = `${version.name}-cut`.replace(' ', '-')
    await setUser(username)
    const client = await version.open(proxy.port, { db, username, password })
    const backend = client.backend()
    const [before, name] = [freshName(), freshName()]
    await backend.acquire(claimOf(before))
    await setUser(username, '-select')
    const lost = proxy.loseRequest({ match: ({ name: command }) => /^evalsha$/i.test(command) })
    const error = await rejection(backend.acquire(claimOf(name)))
    expect(lost.fired).toBe(1)
    // The command was written to a connection that was in the right database.
    expect(error).toMatchObject({ executed: 'unknown' })
    expect(await databasesOf(name)).toEqual([])
    await setUser(username, '+select')
    const again = await eventually(() => backend.acquire(claimOf(name)))
    expect(again).toMatchObject({ acquired: true })
    expect(await databasesOf(name)).toEqual([db])
    client.end()
  })

  test('is kept where the client sends a command again after a cut', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const client = await version.open(proxy.port, { db })
    const backend = client.backend()
    await backend.acquire(claimOf(freshName()))
    const lost = proxy.loseRequest({ match: ({ name: command }) => /^evalsha$/i.test(command) })
    const name = freshName()
    expect(await backend.acquire(claimOf(name))).toMatchObject({ acquired: true })
    expect(lost.fired).toBe(1)
    expect(await databasesOf(name)).toEqual([db])
    client.end()
  })
})
