import { isBackendError, isLockError, type LockError } from '@holdfast/core'
import { afterAll, describe, expect, test } from 'vitest'
import { upstashBackend } from '../src/index.js'
import { type ClientOptions, eventually, freshName, openServer, openWorld } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

const claim = (name: string) => ({ name, owner: 'someone', ttlMs: 5_000, mode: 'exclusive', limit: 1 }) as const
const rejection = async (promise: Promise<unknown>): Promise<LockError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isLockError(error)) throw new Error(`no LockError: ${String(error)}`)
  return error
}

/** The client sends no request twice, so that each answer is the answer to the first request. */
const ONCE: ClientOptions = { retry: { retries: 0 } }

const clients: readonly (readonly [string, ClientOptions])[] = [
  ['that pipelines by itself', {}],
  ['that does not', { enableAutoPipelining: false }],
]

describe.concurrent.each(clients)('with a client %s,', (_, options) => {
  // The meaning of an answer for the command: [status, error text, executed, whether asking again can help].
  test.each([
    [400, 'ERR wrong number of arguments', 'no', false],
    [400, 'WRONGTYPE Operation against a key', 'no', false],
    [400, 'OOM command not allowed', 'no', true],
    [401, 'Unauthorized', 'no', false],
    [401, 'WRONGPASS invalid or missing auth token', 'no', false],
    [403, 'Forbidden', 'no', false],
    [403, "NOPERM this user has no permissions to run the 'evalsha' command", 'no', false],
    [404, 'Not Found', 'no', false],
    [413, 'ERR max request size exceeded. Limit: 1048576 bytes', 'no', false],
    [429, 'Too Many Requests', 'no', true],
    [429, 'ERR max daily request limit exceeded. Limit: 10000, Usage: 10001', 'no', true],
    [500, 'Internal Server Error', 'unknown', true],
    [500, 'ERR internal error', 'unknown', true],
    [503, 'Service Unavailable', 'unknown', true],
    [504, 'ERR timed out', 'unknown', true],
    [500, '', 'unknown', true],
  ])('%i "%s": executed %s, retryable %s', async (status, error, executed, retryable) => {
    await using world = await openWorld(server)
    world.gateway.answer({ status, body: JSON.stringify({ error }), executed: false })
    // Words in a name must not be taken for an error of the database.
    const client = world.client({ ...options, ...ONCE })
    const failed = upstashBackend(client).acquire(claim(`${freshName()} BUSY NOPERM WRONGTYPE`))
    const thrown: unknown = await failed.catch((reason: unknown) => reason)
    expect(isBackendError(thrown)).toBe(true)
    expect(thrown).toMatchObject({ executed, retryable })
  })

  test.each([
    ['a page', 502, '<html>'],
    ['nothing', 500, ''],
    ['a page, as if all were well', 200, '<html>'],
    ['JSON without an answer', 200, '{}'],
    ['JSON that is nothing', 200, 'null'],
    ['an error in JSON without a text', 500, '{"message":"no"}'],
  ])('%s in place of an answer (%i): unknown', async (_title, status, body) => {
    await using world = await openWorld(server)
    world.gateway.answer({ status, body, executed: true })
    const failed = upstashBackend(world.client(options)).acquire(claim(freshName()))
    const thrown: unknown = await failed.catch((reason: unknown) => reason)
    expect(thrown).toMatchObject({ executed: 'unknown', retryable: true })
  })

  test('an argument that Redis refuses: certainly not executed, and not asked again', async () => {
    await using world = await openWorld(server)
    const failed = upstashBackend(world.client(options)).acquire({ ...claim(freshName()), ttlMs: 0 })
    const thrown: unknown = await failed.catch((reason: unknown) => reason)
    expect(thrown).toMatchObject({ executed: 'no', retryable: false })
    expect(String(thrown)).toMatch(/^BackendError: upstash: ERR /)
  })

  test('nobody listens: unknown, and says why', async () => {
    const world = await openWorld(server)
    await world[Symbol.asyncDispose]()
    const client = world.client({ ...options, retry: { retries: 0 } })
    const thrown: unknown = await upstashBackend(client)
      .acquire(claim(freshName()))
      .catch((reason: unknown) => reason)
    expect(thrown).toMatchObject({ executed: 'unknown', retryable: true })
    expect(String(thrown)).toContain('ECONNREFUSED')
  })

  test.each([401, 403])('%i: rejects at once, after one request', async (status) => {
    await using world = await openWorld(server)
    world.gateway.answer({ status, times: Infinity })
    const locks = world.locks({}, options)
    const verbs = [
      () => locks.acquire(freshName()),
      () => locks.tryAcquire(freshName()),
      () => locks.request(freshName(), () => 'unreachable'),
      () => locks.inspect(freshName()),
      () => locks.forceRelease(freshName()),
    ]
    for (const verb of verbs) expect((await rejection(verb())).code).toBe('LOCK_BACKEND')
    expect(world.gateway.stats().requests).toBe(verbs.length)
  })

  test('a token that became wrong under a lease: lost by its deadline, without a storm', async () => {
    await using world = await openWorld(server)
    const locks = world.locks({ ttlMs: 2_000 }, options)
    const lease = await locks.acquire(freshName())
    const wrong = world.gateway.answer({ status: 401, times: Infinity })
    await eventually(() => expect(lease.signal.aborted).toBe(true))
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(wrong.fired).toBeGreaterThan(0)
    expect(wrong.fired).toBeLessThanOrEqual(40)
    const before = wrong.fired
    await locks.close()
    expect(wrong.fired - before).toBeLessThanOrEqual(2)
  })

  test('429: asked again, not at once and not for ever', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    const limited = world.gateway.answer({ status: 429, times: 3 })
    const lease = await world.locks({}, { ...options, ...ONCE }).acquire(name)
    expect(limited.fired).toBe(3)
    expect(world.gateway.stats().executed).toBe(1)
    await lease.release()
    limited.cancel()

    const always = world.gateway.answer({ status: 429, times: Infinity })
    const since = performance.now()
    const { code } = await rejection(
      world.locks({}, { ...options, ...ONCE }).acquire(name, { retry: { maxAttempts: 8 } }),
    )
    // The name was certainly not granted, so nothing has to be given back. Seven pauses take at least 10 ms each.
    expect(code).toBe('LOCK_BACKEND')
    expect(performance.now() - since).toBeGreaterThan(60)
    expect(always.fired).toBe(8)
    always.cancel()
    expect(world.gateway.stats().executed).toBe(2)
  })
})
