import { inspect } from 'node:util'
import { createLocker, isLockError, type Lease } from '@holdfast/core'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { assertHeld, postgresBackend, type PostgresClient } from '../src/index.js'
import { connectionOf, migrated, poolOf, withServer } from './support/server.js'
import { claim, eventually, rejection } from './support/wait.js'

describe('no error shows a credential of the application', () => {
  const secrets = ['QUERY-SECRET', 'TOKEN-SECRET', 'BEARER-SECRET', 'COMMAND-SECRET']
  const failing: PostgresClient = {
    query: async () => {
      const cause = new Error('GET https://vault/creds?sig=QUERY-SECRET: Authorization: Bearer BEARER-SECRET')
      throw Object.assign(new Error('token=TOKEN-SECRET', { cause }), { statement: 'COMMAND-SECRET' })
    },
  }
  const backend = postgresBackend(failing, { listen: false })
  const lease = { names: ['a'], owner: claim().owner, fences: new Map([['a', 1]]), assertHeld: () => {} }

  test.each([
    ['acquire', () => backend.acquire(claim())],
    ['inspect', () => backend.inspect('a')],
    ['assertHeld', () => assertHeld(failing, lease as unknown as Lease)],
  ])('%s', async (_, call) => {
    const error = await rejection(call())
    expect(error).toMatchObject({ executed: 'unknown', retryable: true })
    const shown = inspect(error, { depth: Infinity, showHidden: true })
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([])
    expect(shown).toContain('token=[hidden]')
  })
})

describe('an error of the network', () => {
  const outcomeOf = async (attributes: object): Promise<unknown> => {
    const query = async (): Promise<never> => {
      throw Object.assign(new Error('of the network'), attributes)
    }
    return rejection(postgresBackend({ query }, { listen: false }).acquire(claim()))
  }

  test.each(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])(
    'is certain from an attempt to connect: %s',
    async (code) => {
      expect(await outcomeOf({ code, syscall: 'connect' })).toMatchObject({ executed: 'no', retryable: true })
      // Where a host has several addresses, Node tries each, and only the errors of these have the system call.
      const errors = ['::1', '127.0.0.1'].map((address) =>
        Object.assign(new Error(address), { code, syscall: 'connect' }),
      )
      expect(await outcomeOf({ code, errors })).toMatchObject({ executed: 'no' })
    },
  )

  test.each(['ENOTFOUND', 'EAI_AGAIN'])('is certain from looking up the host: %s', async (code) => {
    expect(await outcomeOf({ code, syscall: 'getaddrinfo' })).toMatchObject({ executed: 'no', retryable: true })
  })

  test.each(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])(
    'leaves the outcome unknown from a connection that carried the statement: %s',
    async (code) => {
      for (const syscall of ['read', 'write', undefined])
        expect(await outcomeOf({ code, syscall })).toMatchObject({ executed: 'unknown', retryable: true })
      expect(await outcomeOf({ code, errors: [] })).toMatchObject({ executed: 'unknown' })
    },
  )

  test('is certain where the client says itself that it did not connect in time', async () => {
    expect(await outcomeOf({ code: 'CONNECT_TIMEOUT' })).toMatchObject({ executed: 'no', retryable: true })
  })
})

withServer('a client of pg that has ended', async () => {
  const { server, pool } = await migrated()

  const clientOf = async () => {
    const client = new Client({ connectionString: server.url })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const terminate = async (client: Pick<Client, 'query'>): Promise<void> => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1, 10000)', [rows[0]?.pid])
    // By this query the client notices the end of its connection.
    await rejection(client.query('SELECT 1'))
  }

  test.each([
    ['by its owner', (client: Client) => client.end()],
    ['by the server', (client: Client) => terminate(client)],
  ])('%s is refused at once, also for a caller that waits for ever', async (_, end) => {
    const client = await clientOf()
    await using others = createLocker({ backend: postgresBackend(pool) })
    await using locks = createLocker({ backend: postgresBackend(client, { listen: false }) })
    const { name } = claim()
    await using held = await others.acquire(name)
    const waiting = rejection(locks.acquire(name, { waitMs: Infinity, retry: { backoff: () => 500 } }))
    await eventually(async () => {
      const { rowCount } = await pool.query('SELECT FROM holdfast.place WHERE name = $1', [name])
      expect(rowCount).toBe(1)
    })
    // A claim whose answer is under way would have an unknown outcome. After this query there is no such claim, because
    // a client sends one statement after the other.
    await client.query('SELECT 1')
    await end(client)
    expect(isLockError(await waiting, 'LOCK_BACKEND')).toBe(true)
    const error = await rejection(postgresBackend(client).acquire(claim()))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(held.held).toBe(true)
  })

  test('in a pool is no end of the pool, which makes another one', async () => {
    const small = poolOf(server, { max: 1 })
    const client = await connectionOf(small)
    await terminate(client)
    // The rejection of a pool, or of a wrapper of it, when the connection ends before the statement is sent.
    const query = (text: string, values?: (string | null)[]) => client.query(text, values)
    for (const wrapper of [{ query }, Object.assign(Object.create(small), { query })] as PostgresClient[]) {
      const error = await rejection(postgresBackend(wrapper, { listen: false }).acquire(claim()))
      expect(error).toMatchObject({ executed: 'no', retryable: true })
    }
  })
})
