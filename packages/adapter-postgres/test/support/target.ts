import type { ConformanceTarget, ForeignValues } from '@holdfast/testkit'
import { Pool, type PoolConfig } from 'pg'
import { migrate, postgresBackend, type PostgresClient, type PostgresBackendOptions } from '../../src/index.js'
import { toStored } from '../../src/text.js'

export interface Opened {
  readonly client: PostgresClient
  readonly listen?: PostgresClient | false
  close(): Promise<unknown>
}

export type Open = () => Promise<Opened>

/** A target of the suite: two backends, each over a client of its own. */
export function targetOf(
  name: string,
  opens: readonly [Open, Open],
  options: PostgresBackendOptions = {},
): ConformanceTarget {
  return {
    name,
    open: async () => {
      const [one, other] = await Promise.all([opens[0](), opens[1]()])
      await migrate(one.client, options)
      const backend = ({ client, listen }: Opened) => postgresBackend(client, { ...options, listen })
      return {
        backends: [backend(one), backend(other)],
        foreign: foreignValues(one.client, options.schema ?? 'holdfast'),
        another: async (like) => {
          const opened = await opens[like]()
          return { backend: backend(opened), close: () => opened.close() }
        },
        close: async () => {
          for (const { close } of [one, other]) await close()
        },
      }
    },
  }
}

/** Rows that Holdfast did not write: without a fence, and perhaps without an end. */
function foreignValues(client: PostgresClient, schema: string): ForeignValues {
  const run = async (text: string, values: (string | null)[]): Promise<readonly unknown[]> =>
    'unsafe' in client ? client.unsafe(text, values) : (await client.query(text, values)).rows
  return {
    plant: async (name, value, ttlMs) => {
      const end = `coalesce(clock_timestamp() + $3::text::float * interval '1 ms', 'infinity')`
      const row = `INSERT INTO ${schema}.holder VALUES ($1::text, $2::text, false, NULL, ${end})`
      await run(row, [toStored(name), toStored(value), ttlMs === null ? null : String(ttlMs)])
    },
    readRaw: async (name) => {
      const rows = await run(`SELECT owner FROM ${schema}.holder WHERE name = $1::text`, [toStored(name)])
      return (rows[0] as { owner: string } | undefined)?.owner ?? null
    },
    remove: async (name) => void (await run(`DELETE FROM ${schema}.holder WHERE name = $1::text`, [toStored(name)])),
  }
}

/** All handles on one database, which has one session and closes with the last of them. */
export function inProcess(make: () => PostgresClient & { close(): Promise<void> }): readonly [Open, Open] {
  const client = make()
  let opened = 0
  const open: Open = async () => {
    opened += 1
    return { client, close: async () => void ((opened -= 1) === 0 && (await client.close())) }
  }
  return [open, open]
}

/** A pool of pg. */
export const pool =
  (connectionString: string, make = (options: PoolConfig): Pool => new Pool(options)): Open =>
  async () => {
    const client = make({ connectionString })
    client.on('error', () => {})
    return { client, close: () => client.end() }
  }

/** A client of postgres, in the version of its maker. */
export const sql =
  (make: () => PostgresClient & { end(): Promise<void> }): Open =>
  async () => {
    const client = make()
    return { client, close: () => client.end() }
  }
