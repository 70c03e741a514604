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
  return async (text, values) => answerOf((await client.query(text, values)).rows)
}

/** Throws a `TypeError` that names the mistake, before a lock depends on the client. */
export function checkClient(client: unknown, caller: string): asserts client is PostgresClient {
  if ((typeof client !== 'object' && typeof client !== 'function') || client === null) {
    throw new TypeError(
      `${caller} needs a client of pg, postgres or PGlite, got ${client === null ? 'null' : typeof client}`,
    )
  }
  const has = (method: string): boolean => typeof Reflect.get(client, method) === 'function'
  if (has('unsafe') || has('query')) return
  const hint = has('evalsha') || has('evalSha') ? ': this looks like a client of Redis' : ''
  throw new TypeError(`${caller} needs a client of pg, postgres or PGlite, with a method query or unsafe${hint}`)
}

/** The one value of the one row, whatever the client calls it. */
function answerOf(rows: unknown): string | null {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  const answer: unknown = typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined
  if (typeof answer === 'string' || answer === null) return answer
  throw new Error('the client answered no row with a text')
}
