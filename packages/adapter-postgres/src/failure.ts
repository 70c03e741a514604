import { BackendError, isBackendError } from '@holdfast/core'
import { redact } from '@holdfast/core/backend'
import { memberOf, type PostgresClient } from './client.js'

/** SQLSTATEs, or their classes, by which the server says that it executed nothing, and may another time. */
const LATER = /^(40(?!003)...|53...|55...|57014|57P03|25006|26000)$/
/**
 * The same, and that it never will: a mistake, a missing right, missing tables. After a timeout of a transaction, 25P03
 * and 25P04, the connection has ended, as after any other loss of it.
 */
const NEVER = /^(0A...|22...|23...|25(?!006|P0[34])...|28...|2D...|3D...|3F...|42...|54...|P0...)$/
/** Where our tables and functions are not what this version needs. */
const MISSING = /^(3F000|42883|42P01)$/
/** Clients' own words for a statement that was not sent. */
const NOT_SENT =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout|timeout expired)/
const NOT_SENT_CODES = /^(CONNECT_TIMEOUT|ENOTFOUND|EAI_AGAIN)$/
/**
 * The same from an attempt to connect only. A connection that carried a statement may end with these codes too, when a
 * router or the host of the server answers that it is unreachable.
 */
const UNREACHABLE = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/
/** The same, from a client that was ended. */
const ENDED = /^(Cannot use a pool after calling end on the pool|PGlite is clos(ed|ing))|^write CONNECTION_ENDED/
/** The same, from a connection of pg that has ended. A pool makes another one; a `Client` is never connected again. */
const DISCONNECTED = /^Client (was closed|has encountered a connection error) and is not queryable/

/** Where the client is within a transaction that has failed, or that a procedure may not end. */
const WITHIN = /^(25P02|2D000)$/

/** The circumstances of a statement. */
export interface Sending {
  readonly client: PostgresClient
  readonly schema: string
  /** The texts that no error may show. */
  readonly secrets: readonly string[]
}

/**
 * A client's error as a {@link BackendError}, without secrets.
 *
 * - The server refused the statement: certainly not executed, for each is a transaction by itself.
 * - The client did not send it: certainly not executed.
 * - Everything else, such as a connection that ended meanwhile or a server that shuts down: unknown.
 */
export function toBackendError(error: unknown, { client, schema, secrets }: Sending): BackendError {
  if (isBackendError(error)) return error
  // Clients attach statements, values, and what their connection was made with.
  const cause: Error & { readonly code?: string } = redact(error, secrets)
  const { message, code = '' } = cause
  const disconnected = DISCONNECTED.test(message)
  const never = ENDED.test(message) || NEVER.test(code) || (disconnected && isSingle(client))
  const unsent =
    NOT_SENT.test(message) || NOT_SENT_CODES.test(code) || (UNREACHABLE.test(code) && isFromConnecting(error))
  const certain = never || disconnected || LATER.test(code) || unsent
  return new BackendError(`postgres: ${message}${helpFor(code, schema)}`, {
    executed: certain ? 'no' : 'unknown',
    retryable: !never,
    cause,
  })
}

function helpFor(code: string, schema: string): string {
  if (MISSING.test(code))
    return ` (the schema ${JSON.stringify(schema)} lacks the tables and functions of this version: run migrate(client), or its SQL)`
  return WITHIN.test(code) ? ' (this client is within a transaction: give the locks a client that is not)' : ''
}

/** The kind of conflict with another transaction for which the server rolled a statement back. */
export function conflictOf(error: unknown): 'serialization' | 'deadlock' | undefined {
  if (!isBackendError(error) || error.executed !== 'no') return undefined
  const code = memberOf(error.cause, 'code')
  if (code === '40001') return 'serialization'
  return code === '40P01' ? 'deadlock' : undefined
}

/** Whether this is a `Client` of pg, and not a pool of them, nor a wrapper of a pool. */
const isSingle = (client: PostgresClient): boolean => 'getTypeParser' in client

/** Whether this comes from an attempt to connect. Node tries each address of a host, and collects their errors. */
function isFromConnecting(error: unknown): boolean {
  // Any property may be a getter that throws.
  try {
    const errors = memberOf(error, 'errors')
    const all: readonly unknown[] = Array.isArray(errors) && errors.length > 0 ? errors : [error]
    return all.every((each) => memberOf(each, 'syscall') === 'connect')
  } catch {
    return false
  }
}
