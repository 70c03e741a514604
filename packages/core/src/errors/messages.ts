const MOST_SHOWN = 64
/** Nothing longer is shown of a value: it may be a password or a token. */
const MOST_OF_VALUE = 16
const MOST_OF_MESSAGE = 1_000

/** A name as it appears in messages: quoted, escaped, and not endless. */
export function quoteName(name: string): string {
  return JSON.stringify(shorten(name, MOST_SHOWN))
}

/**
 * A value as it appears in messages. Of a text that may be a credential, because it is long or looks like a URL, only the
 * length is shown; of an object, a function or a symbol only the kind.
 */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return `${value}`
  if (typeof value !== 'string') return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
  return value.length > MOST_OF_VALUE || /:\/\/|@/.test(value)
    ? `a string of ${value.length} characters`
    : JSON.stringify(value)
}

/** The error for a value of the wrong kind. */
export function wrongKind(must: string, value: unknown): TypeError {
  return new TypeError(`${must}, got ${describeValue(value)}`)
}

/** The text of an error: never empty, and not endless. Never throws. */
export function messageOf(cause: unknown): string {
  return shorten(readMessage(cause), MOST_OF_MESSAGE)
}

/**
 * The message of an error, else that of the first of several errors, else its code, its name or that of its class. Never
 * throws: an error of a foreign client may have getters that do.
 */
export function readMessage(error: unknown): string {
  try {
    if (!isError(error)) return String(error)
    const { message, errors, code, name, constructor } = error as ErrorLike
    const kind: unknown = (name !== 'Error' && name) || constructor?.name
    const said: unknown = message || errors?.[0]?.message || code || kind || 'an error'
    return String(said)
  } catch {
    return 'an error that cannot be read'
  }
}

interface ErrorLike {
  readonly message: string
  readonly errors?: readonly (ErrorLike | undefined)[]
  readonly code?: unknown
  readonly name?: unknown
  readonly constructor?: { readonly name?: unknown }
}

/** Whether it is an error: also one of another realm, of which `instanceof` knows nothing. May throw. */
export function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && typeof (value as ErrorLike).message === 'string'
}

function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}
