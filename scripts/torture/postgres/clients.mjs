// The clients of the adapter, each with a way to run a transaction.
import { inspect } from 'node:util'
import { Pool } from 'pg'
import postgres from 'postgres'

/**
 * @typedef {import('@holdfast/adapter-postgres').PostgresClient} PostgresClient
 * @typedef {(text: string, values?: (string | null)[]) => Promise<readonly Record<string, unknown>[]>} Run
 * @typedef {{ readonly name: string, readonly url: string, readonly direct?: string }} Place
 * @typedef {(tx: PostgresClient, run: Run) => Promise<void>} Work
 * @typedef {(isolation: string, work: Work) => Promise<void>} Transaction resolves when it was committed
 * @typedef {{
 *   readonly client: PostgresClient,
 *   readonly listen: PostgresClient,
 *   readonly transaction: Transaction,
 *   close(): Promise<void>,
 * }} Client
 */

/** The longest time for which a process that is stopped within a transaction keeps the name. */
const IDLE_MS = 6_000
const CONNECT_MS = 5_000
const MOST = 6

/** @param {Place} place @returns {Client} */
export const clientOf = (place) => (place.name === 'postgres' ? ofPostgres(place) : ofPg(place))

/** @param {Place} place @returns {Client} */
function ofPg({ url, direct }) {
  const pool = poolOf(url, direct === undefined ? { idle_in_transaction_session_timeout: IDLE_MS } : {})
  const listener = direct === undefined ? pool : poolOf(direct)
  /** @type {Transaction} */
  const transaction = async (isolation, work) => {
    const tx = await pool.connect()
    /** @type {Run} */
    const run = async (text, values) => (await tx.query(text, values)).rows
    let failed = true
    try {
      await run(`BEGIN ISOLATION LEVEL ${isolation}`)
      if (direct !== undefined) await run(`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_MS}`)
      await work(tx, run)
      await run('COMMIT')
      failed = false
    } finally {
      // A connection that failed within a transaction is not used again.
      tx.release(failed)
    }
  }
  const close = async () => {
    await pool.end()
    if (listener !== pool) await listener.end()
  }
  return { client: pool, listen: listener, transaction, close }
}

/** @param {string} url @param {import('pg').PoolConfig} [options] */
function poolOf(url, options = {}) {
  const pool = new Pool({ connectionString: url, max: MOST, connectionTimeoutMillis: CONNECT_MS, ...options })
  pool.on('error', ignore)
  // From its beginning: one that ends together with the answer to its login emits the error before connect() resolves.
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

/**
 * postgres 3.4.9 throws where nobody can catch it when a connection ends before it has written to it
 * (https://github.com/porsager/postgres/issues/1154). That is no fault of a lock.
 */
function surviveKnownCrash() {
  process.on('uncaughtException', (error) => {
    if (error instanceof TypeError && /at Immediate\.nextWrite .*[/\\]postgres[/\\]/.test(error.stack ?? '')) return
    process.stderr.write(`${inspect(error, { showHidden: true })}\n`, () => process.exit(1))
  })
}

/** @param {Place} place @returns {Client} */
function ofPostgres({ url }) {
  surviveKnownCrash()
  const connection = { idle_in_transaction_session_timeout: IDLE_MS }
  const options = {
    max: MOST,
    connect_timeout: CONNECT_MS / 1_000,
    // With types to fetch, a connection that ends meanwhile is a rejection that no caller can handle.
    fetch_types: false,
    onnotice: ignore,
    connection,
  }
  const sql = postgres(url, options)
  return {
    client: sql,
    listen: sql,
    // A client for each: the callback of a transaction whose connection ended goes on, and its rollback would end the next
    // transaction on that connection (https://github.com/porsager/postgres/issues/1216).
    transaction: async (isolation, work) => {
      const own = postgres(url, { ...options, max: 1 })
      try {
        await own.begin(`ISOLATION LEVEL ${isolation}`, (tx) => work(tx, (text, values) => tx.unsafe(text, values)))
      } finally {
        await own.end({ timeout: 0 })
      }
    },
    close: () => sql.end({ timeout: CONNECT_MS / 1_000 }),
  }
}

function ignore() {}
