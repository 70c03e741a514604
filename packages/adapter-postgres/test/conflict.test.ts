import { createLocker, type Lease } from '@holdfast/core'
import { Pool } from 'pg'
import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { assertHeld, postgresBackend, type PostgresClient } from '../src/index.js'
import { migrated, withServer } from './support/server.js'
import { type Open, pool, sql } from './support/target.js'
import { claim, rejection } from './support/wait.js'

/** A client that fails by each of the codes in turn, and then answers. */
function failing(codes: readonly string[], answer = 'a 7', onAsked?: () => void) {
  const asked: string[] = []
  const client: PostgresClient = {
    query: async (text) => {
      const code = codes[asked.length]
      asked.push(text)
      onAsked?.()
      if (code === undefined) return { rows: [{ answer }] }
      throw Object.assign(new Error('could not serialize access'), { code })
    },
  }
  return { asked, client, backend: postgresBackend(client, { listen: false }) }
}

/** A client whose statements are seen. */
const seen = (client: PostgresClient, see: (text: string) => void): PostgresClient =>
  'unsafe' in client
    ? { unsafe: (text, values) => (see(text), client.unsafe(text, values)) }
    : { query: (text, values) => (see(text), client.query(text, values)) }

describe('a statement that conflicts with another transaction', () => {
  test.each(['40001', '40P01'])('is asked again: %s', async (code) => {
    const mine = claim()
    const taking = failing([code])
    expect(await taking.backend.acquire(mine)).toEqual({ acquired: true, validMs: mine.ttlMs, fence: 7 })
    expect(taking.asked).toHaveLength(2)
    expect(await failing([code], 'e').backend.extend([mine])).toMatchObject([{ status: 'extended' }])
    expect(await failing([code], 'ee').backend.extend([mine, claim()])).toHaveLength(2)
    expect(await failing([code], 'r').backend.release(mine)).toBe('released')
    expect(await failing([code], 'e').backend.evict(mine.name)).toBe(true)
    expect(await failing([code], '[]').backend.inspect(mine.name)).toBeNull()
  })

  test('is asked with READ COMMITTED, then and from then on, after another level than that', async () => {
    const { asked, backend } = failing(['40001'])
    await backend.acquire(claim())
    await backend.acquire(claim())
    const called: unknown = expect.stringMatching(/^CALL .*read_committed_v1/)
    expect(asked).toEqual([expect.stringMatching(/^SELECT/), called, called])
  })

  test('is asked as before after a deadlock, which every level knows', async () => {
    const { asked, backend } = failing(['40P01'])
    await backend.acquire(claim())
    expect(new Set(asked).size).toBe(1)
  })

  test('is refused as not executed after a second conflict', async () => {
    const { asked, backend } = failing(['40001', '40P01', '40001'])
    const error = await rejection(backend.acquire(claim()))
    expect(error).toMatchObject({ executed: 'no', retryable: true, cause: { code: '40P01' } })
    expect(asked).toHaveLength(2)
  })

  // A wrapper of a client may put each statement into a savepoint of a transaction.
  test.each(['2D000', '25P02'])('is refused for certain within a transaction of the caller: %s', async (code) => {
    const error = await rejection(failing(['40001', code]).backend.acquire(claim()))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(String(error)).toContain('this client is within a transaction')
  })

  test('is not asked again when nobody waits for the answer any more', async () => {
    const over = new AbortController()
    const { asked, backend } = failing(['40001'], 'a 7', () => over.abort())
    const error = await rejection(backend.acquire(claim(), { signal: over.signal }))
    expect(error).toMatchObject({ executed: 'no' })
    expect(asked).toHaveLength(1)
  })

  test.each(['40000', '40003', '53300', '57014', '08006', 'ECONNRESET'])('and no other: %s', async (code) => {
    const { asked, backend } = failing([code])
    await rejection(backend.acquire(claim()))
    expect(asked).toHaveLength(1)
  })

  test('is not asked again by assertHeld: the transaction of the caller has ended', async () => {
    const { asked, client } = failing(['40001'])
    const lease = { names: ['a'], owner: claim().owner, fences: new Map([['a', 1]]), assertHeld: () => {} }
    const error = await rejection(assertHeld(client, lease as unknown as Lease))
    expect(error).toMatchObject({ cause: { code: '40001' } })
    expect(asked).toHaveLength(1)
  })
})

const LEVELS = ['repeatable read', 'serializable'] as const
type Level = (typeof LEVELS)[number]

withServer('a name that nobody else wants', async () => {
  const { server } = await migrated()

  const opens: [string, (level: Level) => Open][] = [
    [
      'pg',
      (level) => {
        const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`
        return pool(server.url, (settings) => new Pool({ ...settings, options, max: 1 }))
      },
    ],
    [
      'postgres',
      (level) => {
        const connection = { default_transaction_isolation: level }
        return sql(() => postgres(server.url, { connection, max: 1, onnotice: () => {} }))
      },
    ],
  ]
  const cases = opens.flatMap(([name, openAs]) => LEVELS.map((level) => ({ name, level, open: openAs(level) })))

  test.each(cases)('is never refused as a conflict: $level, by $name', async ({ name, level, open }) => {
    let again = 0
    const callers = Array.from({ length: 8 }, async (_, caller) => {
      const { client, close } = await open()
      const backend = postgresBackend(
        seen(client, (text) => text.startsWith('CALL') && (again += 1)),
        { listen: false },
      )
      await using locks = createLocker({ backend })
      for (let i = 0; i < 80; i++) {
        const lease = await locks.tryAcquire(`${name}-${level}-${caller}-${i % 40}`)
        expect(await lease?.release()).toBe('released')
      }
      await close()
    })
    await Promise.all(callers)
    // Once for each of the others.
    expect(again).toBeGreaterThan(1_000)
  })
})
