import { BackendError, isBackendError } from '@holdfast/core'

/** SQLSTATEs, or their classes, by which the server says that it executed nothing, and may another time. */
const LATER = /^(40(?!003)...|53...|55...|57014|57P03|25006|26000)$/
/**
 * The same, and that it never will: a mistake, a missing right, missing tables. After a timeout of a transaction, 25P03
 * and 25P04, the connection has ended, as after any other loss of it.
 */
const NEVER = /^(0A...|22...|23...|25(?!006|P0[34])...|28...|3D...|3F...|42...|54...|P0...)$/
/** Where our tables and functions are not what this version needs. */
const MISSING = /^(3F000|42883|42P01)$/
/** Clients' own words for a statement that was not sent. */
const NOT_SENT =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout|timeout expired|Client (was closed|has encountered a connection error) and is not queryable)/
const NOT_SENT_CODES = /^(CONNECT_TIMEOUT|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/
/** The same, from a client that was ended. */
const ENDED = /^(Cannot use a pool after calling end on the pool|PGlite is clos(ed|ing))|^write CONNECTION_ENDED/
/** The random part of every owner. */
const OWNERS = /~[0-9a-f]{32}/g
const HIDDEN = '[hidden]'

/** The fields of a client's error. */
interface Look {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly errors?: unknown
}

/**
 * A client's error as a {@link BackendError}, without secrets.
 *
 * - The server refused the statement: certainly not executed, for each is a transaction by itself.
 * - The client did not send it: certainly not executed.
 * - Everything else, such as a connection that ended meanwhile or a server that shuts down: unknown.
 */
export function toBackendError(error: unknown, schema: string, secrets: readonly string[]): BackendError {
  if (isBackendError(error)) return error
  const look = lookAt(error)
  const { code } = look
  const message = hide(look.message === '' ? code : look.message, secrets)
  const ended = ENDED.test(message)
  const never = ended || NEVER.test(code)
  const certain = never || LATER.test(code) || NOT_SENT_CODES.test(code) || NOT_SENT.test(message)
  const help = MISSING.test(code)
    ? ` (the schema ${JSON.stringify(schema)} lacks the tables and functions of this version: run migrate(client), or its SQL)`
    : ''
  return new BackendError(`postgres: ${message}${help}`, {
    executed: certain ? 'no' : 'unknown',
    retryable: !never,
    cause: causeOf(look, message),
  })
}

function lookAt(error: unknown): { readonly name: string; readonly message: string; readonly code: string } {
  const { name, message, code, errors }: Look = typeof error === 'object' && error !== null ? error : {}
  // A host with several addresses fails once for each.
  if (message === '' && Array.isArray(errors) && errors.length > 0) return lookAt(errors[0])
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : String(error),
    code: typeof code === 'string' ? code : '',
  }
}

/** Name, message and code only: clients attach statements, values, and what their connection was made with. */
function causeOf({ name, code }: { readonly name: string; readonly code: string }, message: string): Error {
  const cause = new Error(message)
  cause.name = name
  return code === '' ? cause : Object.assign(cause, { code })
}

function hide(text: string, secrets: readonly string[]): string {
  let safe = text.replace(/\/\/[^/@\s]+@/g, `//${HIDDEN}@`).replace(OWNERS, `~${HIDDEN}`)
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, HIDDEN)
  return safe
}
