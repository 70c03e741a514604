import { randomUUID } from 'node:crypto'
import { type BackendError, type Claim, createLocker, isLockError } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import {
  type BaseClientConfiguration,
  GlideClient,
  GlideClientConfiguration,
  ProtocolVersion,
} from '@valkey/valkey-glide'
import { describe, expect, onTestFinished, test } from 'vitest'
import { glideBackend } from '../src/index.js'

const server = await startRedis()

async function connect(
  options: Partial<BaseClientConfiguration & GlideClientConfiguration> = {},
): Promise<GlideClient> {
  const { host, port } = server
  const client = await GlideClient.createClient({ addresses: [{ host, port }], requestTimeout: 5_000, ...options })
  onTestFinished(() => client.close())
  return client
}

const claim = (): Claim => ({
  name: randomUUID(),
  owner: `test~${randomUUID().replaceAll('-', '')}`,
  ttlMs: 10_000,
  mode: 'exclusive',
  limit: 1,
})

async function rejection(promise: Promise<unknown>): Promise<BackendError> {
  return promise.then(
    () => expect.fail('it was to fail'),
    (error: BackendError) => error,
  )
}

describe("the server's own words", () => {
  const [later, never] = [
    { executed: 'unknown', retryable: true },
    { executed: 'no', retryable: false },
  ]

  test.each([
    ['READONLY You are a replica', later],
    ['LOADING Redis is loading', later],
    ['OOM command not allowed', later],
    ['BUSY Redis is busy', later],
    ['MISCONF disk', later],
    ['NOREPLICAS Not enough', later],
    ['CLUSTERDOWN The cluster is down', later],
    ['MASTERDOWN Link with MASTER is down', later],
    ['TRYAGAIN Multiple keys', later],
    ['ERR max number of clients reached', later],
    ['NOSCRIPT No matching script', later],
    ['ERR Protocol', never],
    ['NOPERM this user has no permissions', never],
    ['NOAUTH Authentication required', never],
    ['WRONGPASS invalid', never],
    ['WRONGTYPE Operation', never],
    ['CROSSSLOT Keys', never],
    // The client does not follow a redirection: another attempt would get the same answer.
    ['MOVED 123 127.0.0.1:7001', { executed: 'unknown', retryable: false }],
    ['ASK 123 127.0.0.1:7001', { executed: 'unknown', retryable: false }],
  ])('%s', async (words, expected) => {
    const client = await connect()
    const backend = glideBackend({
      customCommand: () => client.customCommand(['EVAL', 'return redis.error_reply(ARGV[1])', '0', words]),
    })
    const error = await rejection(backend.acquire(claim()))
    expect(error).toMatchObject(expected)
    expect(error.message).toContain(`valkey-glide: ${words}`)
  })
})

describe('what the client did not send was certainly not executed:', () => {
  test('a client that was closed refuses at once, however long a waiter would wait', async () => {
    const client = await connect()
    const backend = glideBackend(client)
    const locks = createLocker({ backend })
    client.close()
    for (const attempt of [locks.tryAcquire('closed'), locks.acquire('closed', { waitMs: 20_000 })]) {
      const error = await rejection(attempt)
      expect(isLockError(error, 'LOCK_BACKEND')).toBe(true)
    }
    expect(await rejection(backend.acquire(claim()))).toMatchObject({ executed: 'no', retryable: false })
  })

  test('a command in flight was sent, whatever text the call of close gives for its error', async () => {
    const closing = Object.assign(new Error('app shutdown: lock client is closed'), { name: 'ClosingError' })
    const backend = glideBackend({ customCommand: async () => Promise.reject(closing) })
    expect(await rejection(backend.acquire(claim()))).toMatchObject({ executed: 'unknown' })
  })

  test('more commands at once than the client takes may pass another time', async () => {
    const client = await connect({ inflightRequestsLimit: 1 })
    const backend = glideBackend(client)
    // The server has the script then, so that each call is a single command.
    await backend.inspect(randomUUID())
    const attempts = Array.from({ length: 10 }, () => backend.inspect(randomUUID()))
    const errors = (await Promise.allSettled(attempts)).flatMap((result) =>
      result.status === 'rejected' ? [result.reason as BackendError] : [],
    )
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) expect(error).toMatchObject({ executed: 'no', retryable: true })
  })
})

describe('a listener that takes no messages', () => {
  const Exact = GlideClientConfiguration.PubSubChannelModes.Exact
  test.each([
    ['by RESP2', { protocol: ProtocolVersion.RESP2 }],
    [
      'by a callback of its own',
      { pubsubSubscriptions: { channelsAndPatterns: { [Exact]: new Set(['mine']) }, callback: () => {} } },
    ],
  ])('%s leaves waiters to ask again', async (_, options) => {
    const lockers = [await connect(options), await connect(options)].map(async (listener) =>
      createLocker({ backend: glideBackend(await connect(), { listener }) }),
    )
    const [one, other] = [await lockers[0], await lockers[1]]
    const name = randomUUID()
    const held = await one?.acquire(name)
    const waiting = other?.acquire(name, { waitMs: 60_000 })
    await expect.poll(async () => (await other?.inspect(name))?.waiting, { timeout: 10_000 }).toBe(1)
    await held?.release()
    const lease = await waiting
    expect(lease?.name).toBe(name)
    await lease?.release()
    await Promise.all([one?.close(), other?.close()])
  })
})
