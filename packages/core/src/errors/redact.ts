import { BackendError, isBackendError } from './errors.js'
import { isError, readMessage } from './messages.js'

const HIDDEN = '[hidden]'
const DEPTH = 4
/** The random part of an owner, or its beginning, whichever lease it belongs to: one call may carry many owners. */
const OWNERS = /~[0-9a-f]{8,}/g
/** Redis quotes the arguments of a command that it does not know: of AUTH and HELLO, they are the password. */
const ARGUMENTS = /, with args beginning with:.*/g
/** The user and the password of a URL, where they hold a slash that should have been escaped. A port is none. */
const USER = /^\/\/(?:[^/]*|[^/:@]*:(?!\d+\/).*)@/
/** The value of a credential after its name, as in a connection string, JSON or an environment. */
const VALUES =
  /((?:password|passwd|passphrase|pwd|secret|token|api-?key)\\?["']?\s*[:=]\s*)("(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|[^\s,;]+)/gi
/** A header with a credential, after the name of its scheme. */
const HEADERS = /(authorization\\?["']?\s*[:=]\s*\\?["']?|bearer )[^\s"']+(?: [^\s"']+)?/gi
/** A URL, up to the next one in a list. */
const URLS = /\/\/(?:(?!,[a-z]+:\/\/)[^\s"'<>])+/gi
const OWNER_LENGTH = 33
/** No text of a copy is longer: a client may quote all that it has received. */
const MOST_TEXT = 16_384

/**
 * A copy of a client's error that is safe to show: name, message, code, stack and causes, without the secrets, without
 * any owner and without the credentials and the query of URLs. Nothing else that the client attached to the error is
 * copied, nor even looked at, however large it is. A `BackendError` stays one. Never throws.
 */
export function redact(error: unknown, secrets: readonly string[], depth: number = DEPTH): Error {
  const message = hide(readMessage(error), secrets)
  let copy = new Error(message)
  // Any property may be a getter that throws. The copy keeps the properties that were read before.
  try {
    if (!isError(error)) return copy
    const { name, stack = message, code, cause }: Attributes = error
    if (isBackendError(error))
      copy = new BackendError(message, { executed: error.executed, retryable: error.retryable })
    copy.name = hide(String(name), secrets)
    copy.stack = hide(String(stack), secrets)
    if (typeof code === 'string') Object.assign(copy, { code: hide(code, secrets) })
    if (cause !== undefined && depth > 0) copy.cause = redact(cause, secrets, depth - 1)
  } catch {}
  return copy
}

interface Attributes {
  readonly name: unknown
  readonly stack?: unknown
  readonly code?: unknown
  readonly cause?: unknown
}

/** The text without secrets, and not endless. */
function hide(text: string, secrets: readonly string[]): string {
  let safe = text.slice(0, MOST_TEXT)
  // First, because the others cut a text, and with it what is known to be secret.
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, HIDDEN)
  safe = safe
    .replace(/\/\/[^/\s]+@/g, `//${HIDDEN}@`)
    .replace(URLS, (url) => url.replace(/\?.+/, `?${HIDDEN}`).replace(USER, `//${HIDDEN}@`))
    .replace(OWNERS, `~${HIDDEN}`)
    .replace(ARGUMENTS, '')
    .replace(VALUES, `$1${HIDDEN}`)
    .replace(HEADERS, `$1${HIDDEN}`)
  if (text.length <= MOST_TEXT) return safe
  // Where the text was cut may be the beginning of a secret.
  const longest = Math.max(OWNER_LENGTH, ...secrets.map(({ length }) => length))
  const shown = safe.slice(0, -longest)
  const urlAt = shown.indexOf('//', Math.max(shown.lastIndexOf(' '), shown.lastIndexOf('\n')))
  return `${urlAt < 0 ? shown : shown.slice(0, urlAt)}…`
}
