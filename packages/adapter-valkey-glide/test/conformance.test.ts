import { createLocker, isLockError, memoryBackend } from '@holdfast/core'
import { proxyFaults, type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { GlideClient } from '@valkey/valkey-glide'
import { afterAll, describe, expect, test } from 'vitest'
import { glideBackend } from '../src/index.js'

const server = await startRedis()
const { host, port } = server
const connect = (through = port): Promise<GlideClient> =>
  // Longer than by default: a busy machine is no fault.
  GlideClient.createClient({
    addresses: [{ host, port: through }],
    requestTimeout: 5_000,
    advancedConfiguration: { connectionTimeout: 10_000 },
  })

function target(name: string, prefix: string, listening: boolean): ReturnType<typeof redisTarget> {
  const open = async (through?: number): Promise<RedisHandle> => {
    const client = await connect(through)
    const listener = listening ? await connect() : undefined
    const close = (): void => {
      client.close()
      listener?.close()
    }
    return { backend: glideBackend(client, { prefix, listener }), close }
  }
  return redisTarget({
    name,
    server,
    prefix,
    handles: [() => open(), () => open()],
    faults: proxyFaults(server, (proxy) => open(proxy.port)),
  })
}

testConformance(target('GLIDE', 'lock:', true))
testConformance(target('GLIDE without notifications', 'polled:', false))

describe('what is no client is refused at once, with a hint:', () => {
  const untyped = (client: unknown, options?: object): unknown =>
    Reflect.apply(glideBackend, undefined, [client, options])

  test.each([
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['any object', memoryBackend(), 'needs a GlideClient'],
    ['ioredis', { evalsha: () => {} }, 'ioredisBackend'],
    ['node-redis', { evalSha: () => {} }, 'nodeRedisBackend'],
    ['a cluster', { customCommand: () => {}, invokeScriptWithRoute: () => {} }, 'GlideClusterClient is not supported'],
  ])('%s', (_, client, hint) => {
    expect(() => untyped(client)).toThrow(TypeError)
    expect(() => untyped(client)).toThrow(hint)
  })

  test('a listener that is the client, or none', async () => {
    const client = await connect()
    afterAll(() => client.close())
    expect(() => untyped(client, { listener: client })).toThrow('another client')
    expect(() => untyped(client, { listener: {} })).toThrow('must be a GlideClient')
  })
})

describe('a client that was closed', () => {
  test('says for certain that nothing was done', async () => {
    const client = await connect()
    const locks = createLocker({ backend: glideBackend(client) })
    client.close()
    const error: unknown = await locks.tryAcquire('closed').catch((reason: unknown) => reason)
    expect(isLockError(error, 'LOCK_BACKEND')).toBe(true)
  })
})
