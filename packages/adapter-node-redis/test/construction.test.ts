import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import * as redis5 from 'redis-5'
import { describe, expect, test } from 'vitest'
import { type NodeRedisClient, nodeRedisBackend } from '../src/index.js'

const nothing = (): void => {}
/**
 * Clients like those of redis 4.7.1 and 3.1.2. A client of redis 4 would leave the connection for notifications open.
 */
const redis4 = { evalSha: nothing, eval: nothing, listenerCount: nothing, duplicate: nothing, disconnect: nothing }
const ioredis = { evalsha: nothing, eval: nothing, listenerCount: nothing, duplicate: nothing }
const redis3 = { ...ioredis, internal_send_command: nothing }

describe('nodeRedisBackend refuses', () => {
  test.each([
    ['nothing', undefined, 'got undefined'],
    ['the module', { createClient }, 'this is none'],
    ['the promise of a client', Promise.resolve(redis4), 'client: this is a promise: await it first'],
    ['a client of redis 4', redis4, 'a version before 5'],
    ['a client of redis 3', redis3, 'a version before 5'],
    ['a client of ioredis', ioredis, 'use ioredisBackend'],
    ['a transaction', createClient().multi(), 'not a multi()'],
  ])('%s', (_title, client, message) => {
    const act = (): unknown => nodeRedisBackend(client as unknown as NodeRedisClient)
    expect(act).toThrow(TypeError)
    expect(act).toThrow(message)
  })
})

test.each([
  ['client', () => createClient()],
  ['pool', () => createClientPool()],
  ['cluster', () => createCluster({ rootNodes: [{}] })],
  ['sentinel', () => createSentinel({ name: 'mymaster', sentinelRootNodes: [{ host: 'localhost', port: 26_379 }] })],
  ['client with a mapping of types', () => createClient().withTypeMapping({ 36: Buffer })],
  ['client of redis 5', () => redis5.createClient()],
  ['pool of redis 5', () => redis5.createClient().createPool()],
  ['cluster of redis 5', () => redis5.createCluster({ rootNodes: [{}] })],
] satisfies readonly (readonly [string, () => unknown])[])('a %s is accepted', (_title, make) => {
  expect(nodeRedisBackend(make() as unknown as NodeRedisClient).name).toBe('node-redis')
})
