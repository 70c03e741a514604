import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { createLocker, isLockError, type LockBackend } from '@holdfast/core'
import { virtualClock } from '@holdfast/testkit'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { describe, expect, test } from 'vitest'
import { eventually, freshName, timed } from '../../support/eventually.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)

const SLACK_MS = 5_000

/**
 * Expects that a waiter is notified of its turn after a holder. The clock of the waiter stands still, so that it does
 * not poll.
 */
async function expectTurn(holding: LockBackend, waiting: LockBackend, keyPrefix: string): Promise<void> {
  const name = freshName()
  const one = createLocker({ backend: holding })
  const clock = virtualClock()
  const other = createLocker({ backend: waiting, clock })
  const lease = await one.acquire(name)
  expect(await raw.command('GET', `${keyPrefix}lock:${name}`)).toBe(lease.owner)
  const behind = other.acquire(name)
  const places = `${keyPrefix}{lock:${name}}:p`
  await eventually(async () => {
    await clock.advance(1)
    expect(String(await raw.command('HVALS', places))).toContain('turn:')
  })
  const keys = await raw.command('KEYS', `*{lock:${name}}*`)
  expect((keys as string[]).every((key) => key.startsWith(keyPrefix))).toBe(true)
  await lease.release()
  expect((await behind).held).toBe(true)
  await Promise.all([one.close(), other.close()])
}

describe.concurrent('node-redis', () => {
  test('without an error listener is refused at once, by every verb, and nothing is attached to it', async () => {
    const client = createClient({ socket: { host: '127.0.0.1', port: server.port } })
    await client.connect()
    const listeners = (): unknown => client.eventNames().map((event) => [event, client.listenerCount(event)])
    const before = listeners()
    const locks = createLocker({ backend: nodeRedisBackend(client) })
    const verbs = [
      () => locks.acquire('name'),
      () => locks.tryAcquire('name'),
      () => locks.inspect('name'),
      () => locks.forceRelease('name'),
      () => locks.request('name', () => 'unreachable'),
    ]
    for (const verb of verbs) {
      const { error, ms } = await timed<unknown>(verb())
      expect(String(error)).toContain("client.on('error'")
      expect(ms).toBeLessThan(SLACK_MS)
    }
    expect(listeners()).toEqual(before)
    client.on('error', () => {})
    expect(await locks.request('name', () => 'now')).toBe('now')
    await locks.close()
    await client.close()
  })

  test('without an offline queue: refused while it is down, served when it is back', async () => {
    await using own = await startRedis({ own: true })
    const client = createClient({ socket: { host: '127.0.0.1', port: own.port }, disableOfflineQueue: true })
    client.on('error', () => {})
    await client.connect()
    const locks = createLocker({ backend: nodeRedisBackend(client) })
    await locks.request('name', () => 'ready')
    await own.kill()
    await eventually(() => expect(client.isReady).toBe(false))
    const { error, ms } = await timed(locks.acquire('name', { waitMs: 300 }))
    expect(isLockError(error, 'LOCK_BACKEND'), String(error)).toBe(true)
    expect(ms).toBeLessThan(300 + SLACK_MS)
    const waiting = locks.acquire('name', { waitMs: 20_000 })
    await own.restart()
    const lease = await waiting
    expect(await lease.release()).toBe('released')
    await locks.close()
    client.destroy()
  })

  test('with a keyPrefix of its own: every key carries it, and turns arrive', async () => {
    const options = { socket: { host: '127.0.0.1', port: server.port }, keyPrefix: 'node:' }
    const [one, other] = [createClient(options), createClient({ ...options })]
    for (const each of [one, other]) await each.on('error', () => {}).connect()
    await expectTurn(nodeRedisBackend(one), nodeRedisBackend(other), 'node:')
    for (const each of [one, other]) each.destroy()
  })
})

test('a Cluster of node-redis with a keyPrefix is refused at construction, with the mend', () => {
  const rootNodes = [{ socket: { host: '127.0.0.1', port: server.port } }]
  const client = createCluster({ rootNodes, keyPrefix: 'node:' })
  client.on('error', () => {})
  expect(() => nodeRedisBackend(client)).toThrow('its own prefix option')
})

describe.concurrent('ioredis', () => {
  test('with a keyPrefix of its own: every key carries it, and turns arrive', async () => {
    const [one, other] = [1, 2].map(() => new Redis(server.port, { keyPrefix: 'io:' })) as [Redis, Redis]
    await expectTurn(ioredisBackend(one), ioredisBackend(other), 'io:')
    for (const each of [one, other]) each.disconnect()
  })

  test.each([
    ['commandTimeout', { commandTimeout: 200 }],
    ['maxRetriesPerRequest 0', { maxRetriesPerRequest: 0 }],
    ['maxRetriesPerRequest null', { maxRetriesPerRequest: null }],
    ['no offline queue', { enableOfflineQueue: false }],
    ['no resending', { autoResendUnfulfilledCommands: false }],
    [
      'no resending, no queue, no retries',
      { autoResendUnfulfilledCommands: false, enableOfflineQueue: false, maxRetriesPerRequest: 0 },
    ],
    ['lazyConnect', { lazyConnect: true }],
    ['auto-pipelining', { enableAutoPipelining: true }],
    ['no reconnecting', { retryStrategy: () => null }],
    ['RESP 2', { protocol: 2 as const }],
  ])('with %s: waits, survives a cut connection within its bounds, and closes', async (title, options) => {
    await using own = await startRedis({ own: true })
    await using direct = await connectRaw(own)
    const [client, second] = [1, 2].map(
      () => new Redis(own.port, { ...options, retryStrategy: () => 20, ...options }),
    ) as [Redis, Redis]
    for (const each of [client, second]) each.on('error', () => {})
    const stands = 'lazyConnect' in options ? 'wait' : 'ready'
    for (const each of [client, second]) await eventually(() => expect(each.status).toBe(stands))
    const locks = createLocker({ backend: ioredisBackend(client), ttlMs: 3_000, attemptTimeoutMs: 400 })
    const others = createLocker({ backend: ioredisBackend(second), ttlMs: 3_000, attemptTimeoutMs: 400 })
    const lease = await locks.acquire('name')
    const behind = others.acquire('name')
    await eventually(async () => expect((await locks.inspect('name'))?.waiting).toBe(1))
    await lease.release()
    const next = await behind

    // The connection is cut while a command is on its way: the server reads the command only when the connection is
    // gone.
    await own.pause()
    const inFlight = timed(others.acquire('other', { waitMs: 1_000 }))
    for (const each of [client, second]) each.stream.destroy()
    await own.resume()
    const { value, error, ms } = await inFlight
    expect(ms).toBeLessThan(1_000 + SLACK_MS)
    if (value === undefined) expect(isLockError(error), `${title}: ${String(error)}`).toBe(true)
    const released = await timed(next.release())
    expect(released.error).toBeUndefined()
    expect(released.ms).toBeLessThan(800 + SLACK_MS)
    for (const each of [locks, others]) expect((await timed(each.close())).ms).toBeLessThan(3 * SLACK_MS)
    await eventually(async () => expect(String(await direct.command('PUBSUB', 'CHANNELS'))).toBe(''))
    for (const each of [client, second]) each.disconnect()
  })
  test('with lazyConnect, the first call already names the reason when the server cannot be reached', async () => {
    await using own = await startRedis({ own: true })
    await own.kill()
    const client = new Redis(own.port, { lazyConnect: true })
    client.on('error', () => {})
    await using locks = createLocker({ backend: ioredisBackend(client) })
    const { error } = await timed(locks.tryAcquire('name'))
    expect(error).toMatchObject({ code: 'LOCK_BACKEND', message: expect.stringContaining('ECONNREFUSED') as unknown })
    client.disconnect()
  })

  test('with lazyConnect and without an offline queue, the first call waits for the connection', async () => {
    const client = new Redis(server.port, { lazyConnect: true, enableOfflineQueue: false })
    await using locks = createLocker({ backend: ioredisBackend(client) })
    const { error } = await timed(locks.inspect(freshName()))
    // The call waits for 50 ms, in which a busy machine may not connect. Without the wait the client refuses the
    // command.
    const notConnected = { message: expect.stringContaining('the client is not connected') as unknown }
    if (error !== undefined) expect(error).toMatchObject(notConnected)
    client.disconnect()
  })
})
