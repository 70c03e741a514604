import { inspect } from 'node:util'
import { createLocker } from '@holdfast/core'
import { Redis, type RedisConfigNodejs } from '@upstash/redis'
import { Redis as SocketRedis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { upstashBackend } from '../src/index.js'

const TOKEN = 'canary-bearer-9f8e7d'
const PASSWORD = 'canary-password-1a2b3c'
const URL = 'https://example.upstash.io'

// The client only warns of a missing url or token.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

const socket = new SocketRedis({ lazyConnect: true })
afterAll(() => socket.disconnect())

/** The error of a construction, as text that shows everything. */
function refusal(make: () => unknown): string {
  try {
    make()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return inspect(error, { depth: Infinity, showHidden: true })
  }
  throw new Error('it was expected to throw')
}

/** A caller in JavaScript may pass a value of any type. */
const untyped = (client: unknown, options?: object): unknown =>
  Reflect.apply(upstashBackend, undefined, [client, options])
const refused = (config: Partial<RedisConfigNodejs>): string =>
  refusal(() => untyped(Reflect.construct(Redis, [{ url: URL, token: TOKEN, ...config }])))

describe('what is no client is refused at once, with a hint:', () => {
  test.each([
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['a url', URL, 'got string'],
    ['the class', Redis, 'this is none'],
    ['the promise of a client', Promise.resolve(), 'this is a promise: await it first'],
    ['the options of a client', { url: URL, token: TOKEN }, 'this is none'],
    ['a pipeline', new Redis({ url: URL, token: TOKEN }).pipeline(), 'a pipeline or a transaction'],
    ['a transaction', new Redis({ url: URL, token: TOKEN }).multi(), 'a pipeline or a transaction'],
    ['an ioredis client', socket, 'adapter-ioredis'],
    ['a node-redis client', { eval: () => {}, evalSha: () => {}, duplicate: () => {} }, 'adapter-node-redis'],
  ])('%s', (_, client, hint) => {
    const text = refusal(() => untyped(client))
    expect(text).toContain(hint)
    expect(text).not.toContain(TOKEN)
  })
})

describe('a client that cannot be right is refused at once:', () => {
  test.each([
    ['without a url', { url: undefined }, 'has none'],
    ['with an empty url', { url: '' }, 'has none'],
    ['without a token', { token: undefined }, 'has none'],
    ['with an empty token', { token: '' }, 'has none'],
    ['whose answers may come from a cache', { cache: 'force-cache' as const }, 'cache option'],
    ['whose answers come from a cache by default', { cache: 'default' as const }, 'cache option'],
    ['with a token that no header can carry', { token: `${TOKEN}\n${TOKEN}` }, 'cannot be sent in a header'],
    [
      'with credentials in its url',
      { url: `https://user:${PASSWORD}@example.upstash.io` },
      'must not hold credentials',
    ],
    ['over http to another machine', { url: 'http://example.upstash.io' }, 'allowInsecureUrl'],
    ['over http to what only looks local', { url: 'http://localhost.example.com' }, 'allowInsecureUrl'],
    ['over http to what begins like a local address', { url: 'http://127.0.0.1.example.com' }, 'allowInsecureUrl'],
    ['with one signal for all requests', { signal: new AbortController().signal }, 'as a function'],
  ])('%s', (_, config, reason) => {
    const text = refused(config)
    expect(text).toContain(reason)
    for (const secret of [TOKEN, PASSWORD, 'example']) expect(text).not.toContain(secret)
  })
})

test.each([
  ['https', { url: URL }],
  ['http to localhost', { url: 'http://localhost:8080' }],
  ['http to a name below localhost', { url: 'http://redis.localhost' }],
  ['http to 127.0.0.1', { url: 'http://127.0.0.1:8080/' }],
  ['http to ::1', { url: 'http://[::1]:8080' }],
  ['a signal for each request', { signal: () => AbortSignal.timeout(5_000) }],
  ['a token with a line end behind it, which fetch takes off', { token: `${TOKEN}\n` }],
])('%s is accepted', (_, config) => {
  const { capabilities, name } = upstashBackend(new Redis({ url: URL, token: TOKEN, ...config }))
  expect(name).toBe('upstash')
  expect(capabilities).toMatchObject({ scope: 'shared', line: true, watch: false })
})

test('plain http to another machine is accepted when that is asked for', () => {
  const client = new Redis({ url: 'http://redis.internal', token: TOKEN })
  expect(upstashBackend(client, { allowInsecureUrl: true }).name).toBe('upstash')
  expect(refusal(() => untyped(client, { allowInsecureUrl: 'yes' }))).toContain('true or false')
})

test("a client over a requester of the user's own is accepted: nothing can be seen of it", () => {
  expect(upstashBackend(new Redis({ request: async () => ({}) })).name).toBe('upstash')
})

test('nothing is sent, and nothing of the client changes, by making a backend and a locker', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch')
  const client = new Redis({ url: URL, token: TOKEN })
  const shown = (): string => inspect(client, { depth: 6 })
  const before = shown()
  const locks = createLocker({ backend: upstashBackend(client) })
  await locks.close()
  expect(shown()).toBe(before)
  expect(fetch).not.toHaveBeenCalled()
})
