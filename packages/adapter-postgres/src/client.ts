import { BackendError } from '@holdfast/core'

/** A client whose `query` runs one statement with values: `Pool` and `Client` of pg, PGlite and its transactions. */
export interface QueryClient {
  query(text: string, values?: Value[]): Promise<{ readonly rows: readonly unknown[] }>
}

/** A client whose `unsafe` runs one statement with values: `Sql` and `TransactionSql` of postgres. */
export interface UnsafeClient {
  unsafe(text: string, values?: Value[]): PromiseLike<readonly unknown[]>
}

/** A client of yours for PostgreSQL. Not connected, closed or changed. */
export type PostgresClient = QueryClient | UnsafeClient

/** A value of a statement. All are sent as text, and converted by the server. */
export type Value = string | null

/** Runs one statement whose answer is one text, or `null`. */
export type Run = (text: string, values: Value[]) => Promise<string | null>

/** The {@link Run} of a client. */
export function runOf(client: PostgresClient): Run {
  if ('unsafe' in client) return async (text, values) => answerOf(await client.unsafe(text, values))
  return async (text, values) => {
    checkConnected(client)
    return answerOf((await client.query(text, values)).rows)
  }
}

interface Connecting {
  readonly _connecting?: unknown
  readonly _connected?: unknown
  readonly _connectionError?: unknown
}

/**
 * Refuses a `Client` of pg for which `connect` was never called, or has failed: it would keep the statement for good. The
 * members are those of pg 8; where they are missing, nothing is refused.
 */
export function checkConnected(client: object): void {
  const { _connecting, _connected, _connectionError }: Connecting = client
  if (_connected === false && (_connecting === false || _connectionError === true)) {
    throw new BackendError('this client of pg is not connected: await client.connect() first', {
      executed: 'no',
      retryable: false,
    })
  }
}

/**
 * Throws a `TypeError` that names the mistake, before a lock depends on the client.
 * @param needs the beginning of the message, such as `'migrate needs'`
 */
export function checkClient(client: unknown, needs: string): asserts client is PostgresClient {
  const has = (method: string): boolean => typeof memberOf(client, method) === 'function'
  if (has('unsafe') || has('query')) return
  const kind = kindOf(client)
  const seen = kind === 'object' ? ', with a method query or unsafe' : `, got ${kind}`
  const hint = has('evalsha') || has('evalSha') ? ': this looks like a client of Redis' : ''
  throw new TypeError(`${needs} a client of pg, postgres or PGlite${seen}${hint}`)
}

/** Without the value: an address holds a password. */
export function kindOf(got: unknown): string {
  if (got === null) return 'null'
  return typeof memberOf(got, 'then') === 'function' ? 'a promise: await it first' : typeof got
}

/** A member of a value of any type. */
export function memberOf(value: unknown, name: string): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined
  return Reflect.get(value, name)
}

/** The one value of the one row, whatever the client calls it. */
function answerOf(rows: unknown): string | null {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  const answer: unknown = typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined
  if (typeof answer === 'string' || answer === null) return answer
  throw new Error('the client answered no row with a text')
}
