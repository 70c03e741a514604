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

  test('costs no command of its own once the script is known, and nothing at all in database 0', async () => {
    for (const [db, expected] of [
      [3, 1],
      [0, 0],
    ] as const) {
      const client = open(AnyRedis, { db })
      const backend = ioredisBackend(client)
      await backend.acquire(claimOf('first'))
      await raw.command('CONFIG', 'RESETSTAT')
      await backend.acquire(claimOf('second'))
      const stats = String(await raw.command('INFO', 'commandstats'))
      expect(stats).toContain('cmdstat_evalsha:calls=1,')
      expect(stats).not.toContain('cmdstat_eval:')
      expect(/cmdstat_select:calls=(\d+)/.exec(stats)?.[1] ?? '0').toBe(`${expected}`)
      client.disconnect()
    }
  })

  const wrapped: readonly (readonly [string, (options: object) => Redis])[] = [
    ['a Proxy that binds methods', (options) => binding(open(AnyRedis, options))],
    ['a subclass with private fields', (options) => open(countingOf(AnyRedis), options)],
    ['a subclass with a method as a property', (options) => open(propertyOf(AnyRedis), options)],
  ]

  test.each(wrapped)('is kept by %s, or nothing is locked', async (_kind, make) => {
    await raw.command('FLUSHALL')
    const refused = make({ db: 1, username: 'no-select', password })
    await expect(ioredisBackend(refused).acquire(claimOf('n'))).rejects.toThrow('database 1 could not be selected')
    expect([await locksIn(0), await locksIn(1)]).toEqual([[], []])
    const client = make({ db: 1 })
    const backend = ioredisBackend(client)
    for (const name of ['n', 'o']) expect(await backend.acquire(claimOf(name))).toMatchObject({ acquired: true })
    expect([await locksIn(0), await locksIn(1)]).toEqual([[], expect.arrayContaining(['lock:n', 'lock:o'])])
    refused.disconnect()
    client.disconnect()
  })

  test('is kept where the connection is in another one, which ioredis does not notice', async () => {
    await raw.command('FLUSHALL')
    const client = open(AnyRedis, { db: 1 })
    const backend = ioredisBackend(client)
    await backend.acquire(claimOf('a'))
    await client.call('SELECT', '2')
    await backend.acquire(claimOf('b'))
    await client.select(2)
    await backend.acquire(claimOf('c'))
    await client.watch('key')
    await raw.command('SELECT', '2')
    await raw.command('SET', 'key', 'changed')
    expect(await client.multi().select(1).exec()).toBeNull()
    await backend.acquire(claimOf('d'))
    expect(((await locksIn(1)) as string[]).toSorted()).toEqual(['lock:a', 'lock:b', 'lock:d'])
    expect(await locksIn(2)).toEqual(['lock:c'])
    client.disconnect()
  })

  test('is kept where ioredis has come back to 0 and the connection has not', async () => {
    await raw.command('FLUSHALL')
    const client = open(AnyRedis, {})
    const backend = ioredisBackend(client)
    await client.select(2)
    await backend.acquire(claimOf('n'))
    await client.watch('key')
    await raw.command('SELECT', '2')
    await raw.command('SET', 'key', 'changed')
    expect(await client.multi().select(0).exec()).toBeNull()
    expect(await backend.acquire(claimOf('o'))).toMatchObject({ acquired: true })
    expect([await locksIn(0), await locksIn(2)]).toEqual([['lock:o'], ['lock:n']])
    client.disconnect()
  })
})

/** Wraps a client as libraries for tracing do. */
const binding = (client: Redis): Redis =>
  new Proxy(client, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })

type Words = Parameters<Redis['evalsha']>

const countingOf = (AnyRedis: typeof Redis): typeof Redis =>
  class extends AnyRedis {
    #calls = 0
    override evalsha(...words: unknown[]): Promise<unknown> {
      if ((this.#calls += 1) > 1_000) throw new Error('more calls than a test makes')
      return super.evalsha(...(words as Words))
    }
  }

const propertyOf = (AnyRedis: typeof Redis): typeof Redis =>
  class extends AnyRedis {
    override evalsha = (...words: unknown[]): Promise<unknown> => AnyRedis.prototype.evalsha.apply(this, words as Words)
  }
