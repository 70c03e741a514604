import { createLocker } from '@holdfast/core'
import { Client, Pool } from 'pg'
import lowestPg from 'pg-lowest'
import postgres from 'postgres'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { assertHeld, migrate, postgresBackend, schemaSql } from '../src/index.js'

const URL = 'postgres://user:canary-password@localhost:1/none'
const pool = new Pool({ connectionString: URL })
const sql = postgres(URL)
afterAll(() => Promise.all([pool.end(), sql.end()]))

const query = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('was sent')))
const lease = { names: ['a'], owner: 'o', fences: new Map([['a', 1]]), held: true, assertHeld: () => {} }

/** Calls as JavaScript does: with values of any type. */
const call = (fn: (...args: never[]) => unknown, ...args: readonly unknown[]): Promise<unknown> =>
  (async () => Reflect.apply(fn, undefined, args) as unknown)()

/** Expects a `TypeError` with this text, before a statement is sent. */
async function expectRefused(outcome: Promise<unknown>, text: string): Promise<void> {
  const error: unknown = await outcome.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(TypeError)
  expect((error as Error).message).toContain(text)
  expect(query).not.toHaveBeenCalled()
}

describe('an unknown option is refused:', () => {
  const near = 'has no option "shema": did you mean "schema"?'

  test.each([
    ['postgresBackend', postgresBackend, [pool, { shema: 'x' }], `the postgres backend ${near}`],
    ['of Redis', postgresBackend, [pool, { prefix: 'x' }], 'has no option "prefix": there are schema, listen'],
    ['of Redis, too', postgresBackend, [pool, { fencing: false }], 'has no option "fencing"'],
    ['schemaSql', schemaSql, [{ shema: 'x' }], `schemaSql ${near}`],
    ['schemaSql has no listen', schemaSql, [{ listen: false }], 'has no option "listen"'],
    ['migrate', migrate, [{ query }, { shema: 'x' }], `migrate ${near}`],
    ['assertHeld', assertHeld, [{ query }, lease, { schemas: 'x' }], 'assertHeld has no option "schemas"'],
  ])('%s', (_, fn, args, text) => expectRefused(call(fn, ...args), text))

  test('an option that is undefined is absent', () => {
    expect(Reflect.apply(postgresBackend, undefined, [pool, { shema: undefined, listen: undefined }])).toHaveProperty(
      'watch',
    )
  })
})

describe('options that are no object are refused:', () => {
  test.each([
    ['a text', postgresBackend, [pool, 'x'], 'the options of the postgres backend must be an object, got "x"'],
    ['null', postgresBackend, [pool, null], 'got null'],
    ['a text for schemaSql', schemaSql, ['q'], 'the options of schemaSql must be an object'],
    ['a text for migrate', migrate, [{ query }, 'q'], 'the options of migrate must be an object'],
    ['a text for assertHeld', assertHeld, [{ query }, lease, 'q'], 'the options of assertHeld must be an object'],
  ])('%s', (_, fn, args, text) => expectRefused(call(fn, ...args), text))
})

test.each([
  [true, 'boolean'],
  [null, 'null'],
  ['x', 'string'],
  [Promise.resolve(pool), 'a promise: await it first'],
])('listen: %s is refused', (listen, kind) =>
  expectRefused(
    call(postgresBackend, pool, { listen }),
    `listen must be false or a client of pg, postgres or PGlite, got ${kind}`,
  ),
)

describe('a promise is refused in place of', () => {
  test.each([
    ['a client', postgresBackend, [Promise.resolve(pool)]],
    ['sql', postgresBackend, [Promise.resolve(sql)]],
    ['the client of migrate', migrate, [Promise.resolve({ query })]],
    ['a transaction', assertHeld, [Promise.resolve({ query }), lease]],
    ['a lease', assertHeld, [{ query }, Promise.resolve(lease)]],
  ])('%s', (_, fn, args) => expectRefused(call(fn, ...args), 'got a promise: await it first'))
})

test.each([
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a text', 'a', 'string'],
  ['any object', {}, 'object'],
])('assertHeld refuses a lease that is %s', (_, value, kind) =>
  expectRefused(call(assertHeld, { query }, value), `assertHeld needs a lease, got ${kind}`),
)

describe.each([
  ['the newest pg', Client],
  ['the lowest pg', lowestPg.Client],
])('a Client of %s', (_, Made) => {
  const make = (): Client => new Made({ connectionString: URL })

  test('that was never connected is refused at once, as a mistake', async () => {
    const backend = postgresBackend(make())
    const locks = createLocker({ backend })
    const error: unknown = await locks.acquire('a', { waitMs: Infinity }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'LOCK_BACKEND' })
    expect((error as Error).message).toContain('is not connected: await client.connect() first')
    await expect(migrate(make())).rejects.toThrow('is not connected: await client.connect() first')
    const held: unknown = lease
    await expect(call(assertHeld, make(), held)).rejects.toThrow('is not connected: await client.connect() first')
    await locks.close()
  })

  test('whose connect() has failed is refused, too', async () => {
    const client = make()
    client.on('error', () => {})
    await client.connect().catch(() => {})
    await expect(migrate(client)).rejects.toThrow('is not connected: await client.connect() first')
    await expect(postgresBackend(client).inspect('a')).rejects.toThrow('is not connected')
  })

  test('that is connecting is not', async () => {
    const client = make()
    client.on('error', () => {})
    const backend = postgresBackend(client)
    // The port is closed: the statement waits for the connection, and fails with it.
    const connecting = client.connect().catch(() => {})
    const outcome = backend.inspect('a')
    await connecting
    await expect(outcome).rejects.not.toThrow('is not connected')
  })
})
