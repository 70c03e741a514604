import { PGlite } from '@electric-sql/pglite'
import { Client, Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { migrate, postgresBackend, type PostgresBackendOptions, schemaSql } from '../src/index.js'
import { fromStored, toStored } from '../src/text.js'

const URL = 'postgres://user:canary-password@localhost:1/none'
const pool = new Pool({ connectionString: URL })
const sql = postgres(URL)
// A PGlite that is not started, which would take seconds: only its type is looked at.
const pglite: unknown = Object.create(PGlite.prototype)
afterAll(() => Promise.all([pool.end(), sql.end()]))

/** A caller in JavaScript may pass a value of any type. */
const untyped = (client: unknown, options?: object): unknown =>
  Reflect.apply(postgresBackend, undefined, [client, options])

describe('what is no client is refused at once, with a hint:', () => {
  test.each([
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['a url', URL, 'got string'],
    ['any object', {}, 'with a method query or unsafe'],
    ['a client of Redis', { evalsha: () => {} }, 'looks like a client of Redis'],
  ])('%s', async (_, client, hint) => {
    expect(() => untyped(client)).toThrow(TypeError)
    expect(() => untyped(client)).toThrow(hint)
    await expect(Reflect.apply(migrate, undefined, [client])).rejects.toThrow(hint)
  })

  test('the text of the error holds no password', () => {
    expect(() => untyped(URL)).not.toThrow('canary')
  })
})

describe('a schema that cannot be one is refused before a statement is sent:', () => {
  test.each(['', 'a"b', "a'b", 'a b', 'Upper', '1st', 'ä', 'x'.repeat(41), 'a;drop table b', 'a\0'])('%j', (schema) => {
    expect(() => postgresBackend(pool, { schema })).toThrow(RangeError)
    expect(() => schemaSql({ schema })).toThrow(RangeError)
  })

  test('what is no text', () => {
    expect(() => untyped(pool, { schema: 1 })).toThrow(TypeError)
  })
})

describe('notifications', () => {
  const watches = (client: unknown, options?: PostgresBackendOptions): boolean => {
    const backend = untyped(client, options) as ReturnType<typeof postgresBackend>
    expect(backend.watch !== undefined).toBe(backend.capabilities.watch)
    return backend.capabilities.watch
  }

  test('are there with a client that can listen', () => {
    expect([pool, sql, pglite].map((client) => watches(client))).toEqual([true, true, true])
  })

  test('are not there with a single connection of pg, nor when they are not wanted', () => {
    const single = new Client(URL)
    expect(watches(single)).toBe(false)
    expect(watches(pool, { listen: false })).toBe(false)
    expect(watches(single, { listen: pool })).toBe(true)
  })

  test('by a client that cannot listen are refused', () => {
    expect(() => untyped(pool, { listen: new Client(URL) })).toThrow('listen needs a client that can listen')
    expect(() => untyped(pool, { listen: {} })).toThrow(TypeError)
  })
})

describe('NUL', () => {
  test('is escaped so that no two texts become the same, and each comes back', () => {
    const alphabet = ['\0', '\u0001', '0', '1', '2', '']
    const texts = alphabet.flatMap((a) =>
      alphabet.flatMap((b) => alphabet.flatMap((c) => alphabet.map((d) => a + b + c + d))),
    )
    const unique = new Set(texts)
    expect(new Set([...unique].map(toStored)).size).toBe(unique.size)
    for (const text of unique) {
      expect(toStored(text)).not.toContain('\0')
      expect(fromStored(toStored(text))).toBe(text)
    }
  })
})
