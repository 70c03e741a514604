import { randomUUID } from 'node:crypto'
import { type Claim, createLocker, isLockError, type LockBackend, memoryBackend, type Turn } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import type { GlideClient } from '@valkey/valkey-glide'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { glideBackend } from '../src/index.js'
import { connectTo, targetOf } from './support/target.js'

const server = await startRedis()
const connect = connectTo(server)

testConformance(targetOf(server, { name: 'GLIDE', prefix: 'lock:', listening: true }))

describe('what is no client is refused at once, with a hint:', () => {
  const untyped = (client: unknown, options?: object): unknown =>
    Reflect.apply(glideBackend, undefined, [client, options])

  test.each([
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['any object', memoryBackend(), 'needs a GlideClient'],
    ['the promise of a client', Promise.resolve(), 'GlideClient, got a promise: await it first'],
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
    expect(() => untyped(client, { listener: Promise.resolve({}) })).toThrow(
      'GlideClient, got a promise: await it first',
    )
  })
})

describe('a listener', () => {
  const owned = (name: string): Claim => ({
    name,
    owner: `test~${randomUUID().replaceAll('-', '')}`,
    ttlMs: 60_000,
    mode: 'exclusive',
    limit: 1,
  })
  const clientOf = async (): Promise<GlideClient> => {
    const client = await connect()
    onTestFinished(() => client.close())
    return client
  }
  /** Steals a held name, whose holder is notified. */
  const steal = async (backend: LockBackend, name: string): Promise<void> => {
    await backend.acquire(owned(name))
    await backend.acquire({ ...owned(name), steal: true })
  }
  const heardBy = (turns: readonly Turn[], name: string): Promise<void> =>
    vi.waitFor(() => expect(turns.map((turn) => turn.name)).toContain(name), { timeout: 20_000 })

  test('that nobody reads for a while gives its first message to the next watcher', async () => {
    const backend = glideBackend(await clientOf(), { listener: await clientOf() })
    for (let i = 0; i < 5; i++) {
      const turns: Turn[] = []
      const unwatch = await backend.watch?.((turn) => turns.push(turn))
      const name = `again-${i}`
      await steal(backend, name)
      await heardBy(turns, name)
      await unwatch?.()
    }
  })

  // GLIDE confirms a subscription at once while it still reads the channel, although it is about to unsubscribe from it.
  test('gives its messages to a watcher that begins before the unsubscription of the one before has ended', async () => {
    const listener = await clientOf()
    let ended = 0
    const backend = glideBackend(await clientOf(), {
      listener: {
        subscribe: (...args) => listener.subscribe(...args),
        unsubscribe: async (...args) => {
          await new Promise((resolve) => setTimeout(resolve, 50))
          await listener.unsubscribe(...args)
          ended += 1
        },
        getPubSubMessage: () => listener.getPubSubMessage(),
      },
    })
    const unwatchFormer = await backend.watch?.(() => {})
    await unwatchFormer?.()
    const turns: Turn[] = []
    const unwatch = await backend.watch?.((turn) => turns.push(turn))
    await vi.waitFor(() => expect(ended).toBe(1))
    await steal(backend, 'after-the-former')
    await heardBy(turns, 'after-the-former')
    await unwatch?.()
  })

  test('of two backends gives each its messages, also when the other one stops reading', async () => {
    const listener = await clientOf()
    const backends = [await clientOf(), await clientOf()].map((client) => glideBackend(client, { listener }))
    const watched = await Promise.all(
      backends.map(async (backend) => {
        const turns: Turn[] = []
        return { turns, unwatch: await backend.watch?.((turn) => turns.push(turn)) }
      }),
    )
    const [first, second] = watched
    for (const name of ['both-1', 'both-2', 'both-3']) {
      await Promise.all(backends.map((backend, i) => steal(backend, `${name}-of-${i}`)))
      await Promise.all(watched.map(({ turns }, i) => heardBy(turns, `${name}-of-${i}`)))
    }
    await first?.unwatch?.()
    for (const name of ['left-1', 'left-2'])
      for (const backend of backends.slice(1)) {
        await steal(backend, name)
        await heardBy(second?.turns ?? [], name)
      }
    await second?.unwatch?.()
  })

  test('takes the place of another one that was closed, over the same client', async () => {
    const client = await clientOf()
    const former = await connect()
    const unwatch = await glideBackend(client, { listener: former }).watch?.(() => {})
    await unwatch?.()
    former.close()
    const backend = glideBackend(client, { listener: await clientOf() })
    const turns: Turn[] = []
    const end = await backend.watch?.((turn) => turns.push(turn))
    await steal(backend, 'another-listener')
    await heardBy(turns, 'another-listener')
    await end?.()
  })

  test('whose first subscription fails gives its first message to the next attempt', async () => {
    const listener = await clientOf()
    const failsOnce = vi.fn<GlideClient['subscribe']>((...args) => listener.subscribe(...args))
    failsOnce.mockRejectedValueOnce(new Error('timed out'))
    const backend = glideBackend(await clientOf(), {
      listener: {
        subscribe: failsOnce,
        unsubscribe: (...args) => listener.unsubscribe(...args),
        getPubSubMessage: () => listener.getPubSubMessage(),
      },
    })
    const turns: Turn[] = []
    const unwatch = await backend.watch?.((turn) => turns.push(turn))
    expect(failsOnce.mock.calls.length).toBeGreaterThan(1)
    await steal(backend, 'attempt')
    await heardBy(turns, 'attempt')
    await unwatch?.()
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
