import { createLocker } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import { Cluster, Redis } from 'ioredis'
import lowest from 'ioredis-5'
import { describe, expect, test } from 'vitest'
import { ioredisBackend } from '../src/index.js'

const LowestCluster = lowest.Cluster
const nodes = [{ host: '127.0.0.1', port: 1 }]
const SUBSCRIBED = 'ioredisBackend needs a client for commands, not one that is subscribed: pass another connection'
const pipelining = { lazyConnect: true, enableAutoPipelining: true }
const pastIt = { ...pipelining, autoPipeliningIgnoredCommands: ['evalsha', 'eval'] }

// A Cluster of ioredis before 5.11.1 put the scripts of one tick into one pipeline, whichever nodes their keys lay on,
// and then refused the pipeline: all leases were lost.
describe('a Cluster that pipelines by itself', () => {
  test('is refused where it cannot work, with the mend', () => {
    const make = (): unknown => ioredisBackend(new LowestCluster(nodes, pipelining))
    expect(make).toThrow(TypeError)
    expect(make).toThrow("autoPipeliningIgnoredCommands: ['evalsha', 'eval']")
  })

  test('is accepted where it works', () => {
    expect(ioredisBackend(new LowestCluster(nodes, pastIt)).name).toBe('ioredis')
    expect(ioredisBackend(new LowestCluster(nodes, { lazyConnect: true })).name).toBe('ioredis')
    expect(ioredisBackend(new Cluster(nodes, pipelining)).name).toBe('ioredis')
  })
})

describe('an argument that is no client is named', () => {
  const make = (argument: unknown) => (): unknown => ioredisBackend(argument as Redis)

  test.each([
    ['redis://localhost:6379', 'got string: make a client of the address with new Redis(url)'],
    [{ host: 'localhost' }, 'got a plain object: make a client of the options with new Redis(options)'],
    [Redis, 'got the function or class Redis: if it is a class, make a client with new'],
    [new Map(), 'got an object of the class Map'],
    [Promise.resolve(), 'got a promise: await it first'],
    [[], 'got an array'],
    [null, 'got null'],
    [undefined, 'got undefined'],
    [6379, 'got number'],
  ])('%o', (argument, message) => {
    expect(make(argument)).toThrow(new TypeError(`ioredisBackend needs an ioredis client, ${message}`))
  })

  test('without its value, which may hold a password', () => {
    expect(make('redis://:a-password@localhost')).not.toThrow('a-password')
    expect(make({ password: 'a-password' })).not.toThrow('a-password')
  })
})

test('a client whose address names a database that is no number is refused: its locks would be in another one', () => {
  for (const url of ['redis://127.0.0.1:1/abc', 'redis://127.0.0.1:1?db=x']) {
    expect(() => ioredisBackend(new Redis(url, { lazyConnect: true }))).toThrow('whose db is a number')
  }
  for (const url of ['redis://127.0.0.1:1/3', 'redis://127.0.0.1:1/', 'redis://127.0.0.1:1']) {
    expect(ioredisBackend(new Redis(url, { lazyConnect: true })).name).toBe('ioredis')
  }
})

describe('a client that is subscribed', () => {
  test('is refused by RESP 2, which leaves it no commands', async () => {
    await using server = await startRedis({ own: true })
    for (const client of [new Redis(server.port, { protocol: 2 }), new lowest.default(server.port)]) {
      await client.subscribe('channel')
      expect(() => ioredisBackend(client)).toThrow(new TypeError(SUBSCRIBED))
      client.disconnect()
    }
  })

  test('works by RESP 3, the default of ioredis 6', async () => {
    await using server = await startRedis({ own: true })
    const client = new Redis(server.port)
    await client.subscribe('channel')
    const locks = createLocker({ backend: ioredisBackend(client) })
    expect(await locks.request('name', () => 'held')).toBe('held')
    client.disconnect()
  })
})

const classes: readonly (readonly [string, typeof Redis, typeof Cluster])[] = [
  ['ioredis', Redis, Cluster],
  ['the lowest ioredis', lowest.default as unknown as typeof Redis, LowestCluster as unknown as typeof Cluster],
]

// No server listens at these addresses, so that the client is always between two attempts.
describe.each(classes)('a client of %s that is closed between two attempts to connect', (_, AnyRedis, AnyCluster) => {
  test.each([
    ['Redis', () => new AnyRedis({ host: '127.0.0.1', port: 1, retryStrategy: () => 3_600_000 })],
    ['Cluster', () => new AnyCluster(nodes, { clusterRetryStrategy: () => 3_600_000 })],
  ])('%s refuses at once', async (_kind, make) => {
    const client = make()
    client.on('error', () => {})
    await expect.poll(() => client.status).toBe('reconnecting')
    client.disconnect()
    const claim = { name: 'n', owner: 'o', ttlMs: 1_000, mode: 'exclusive', limit: 1 } as const
    const refused = ioredisBackend(client).acquire(claim)
    await expect(refused).rejects.toMatchObject({ executed: 'no', retryable: false })
    await expect(refused).rejects.toThrow('this ioredis client is closed')
  })
})
