import type { Claim } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import lowest from 'ioredis-5'
import { Redis as Valkey } from 'iovalkey'
import { Redis as LowestValkey } from 'iovalkey-lowest'
import { describe, expect, test } from 'vitest'
import { ioredisBackend } from '../src/index.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
const password = 'a password'
await raw.command('ACL', 'SETUSER', 'no-select', 'on', `>${password}`, '~*', '&*', '+@all', '-select')

const claimOf = (name: string): Claim => ({
  name,
  owner: `database~${'0'.repeat(32)}`,
  ttlMs: 60_000,
  mode: 'exclusive',
  limit: 1,
})

/** The lock keys in a database. */
async function locksIn(database: number): Promise<unknown> {
  await raw.command('SELECT', `${database}`)
  return raw.command('KEYS', '*lock:*[^f]')
}

const classes: readonly (readonly [string, typeof Redis])[] = [
  ['ioredis', Redis],
  ['the lowest ioredis', lowest.default as unknown as typeof Redis],
  ['iovalkey', Valkey as unknown as typeof Redis],
  ['the lowest iovalkey', LowestValkey as unknown as typeof Redis],
]

function open(AnyRedis: typeof Redis, options: object): Redis {
  const client = new AnyRedis({ host: '127.0.0.1', port: server.port, ...options })
  client.on('error', () => {})
  return client
}

describe.each(classes)('the database of %s', (_, AnyRedis) => {
  test('that the user may not select: nothing is locked', async () => {
    await raw.command('FLUSHALL')
    const client = open(AnyRedis, { db: 1, username: 'no-select', password })
    const refused = ioredisBackend(client).acquire(claimOf('n'))
    await expect(refused).rejects.toMatchObject({ executed: 'no', retryable: false })
    await expect(refused).rejects.toThrow('database 1 could not be selected')
    expect([await locksIn(0), await locksIn(1)]).toEqual([[], []])
    client.disconnect()
  })

  test('follows select() at run time, with a key prefix and pipelining of its own, and listings with it', async () => {
    await raw.command('FLUSHALL')
    const client = open(AnyRedis, { keyPrefix: 'own:', enableAutoPipelining: true })
    const backend = ioredisBackend(client)
    expect(await backend.acquire(claimOf('in-0'))).toMatchObject({ acquired: true })
    await client.select(2)
    expect(await backend.acquire(claimOf('in-2'))).toMatchObject({ acquired: true })
    const listed: string[] = []
    for await (const { name } of backend.list?.() ?? []) listed.push(name)
    expect(listed).toEqual(['in-2'])
    client.stream.destroy()
    await expect.poll(() => client.status).not.toBe('ready')
    await expect.poll(() => client.status).toBe('ready')
    expect(await backend.acquire(claimOf('in-2-too'))).toMatchObject({ acquired: true })
    expect(await locksIn(0)).toEqual(['own:lock:in-0'])
    expect(((await locksIn(2)) as string[]).toSorted()).toEqual(['own:lock:in-2', 'own:lock:in-2-too'])
    client.disconnect()
  })

  test('is selected no more than once on a connection by the adapter', async () => {
    const client = open(AnyRedis, { db: 3 })
    const backend = ioredisBackend(client)
    await backend.acquire(claimOf('first'))
    await raw.command('CONFIG', 'RESETSTAT')
    await Promise.all(['second', 'third'].map((name) => backend.acquire(claimOf(name))))
    expect(String(await raw.command('INFO', 'commandstats'))).not.toContain('cmdstat_select')
    client.disconnect()
  })
})
