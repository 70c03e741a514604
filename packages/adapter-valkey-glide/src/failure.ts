import { BackendError } from '@holdfast/core'

/** The names of GLIDE for the server's errors, and the server's own codes. */
const CODES: Readonly<Record<string, string>> = {
  NoScriptError: 'NOSCRIPT',
  ResponseError: 'ERR',
  ReadOnly: 'READONLY',
  PermissionDenied: 'NOPERM',
  BusyLoadingError: 'LOADING',
  CrossSlot: 'CROSSSLOT',
  Moved: 'MOVED',
  Ask: 'ASK',
  ClusterDown: 'CLUSTERDOWN',
  MasterDown: 'MASTERDOWN',
  TryAgain: 'TRYAGAIN',
  AuthenticationFailed: 'NOAUTH',
}
/** The beginning of the client's error for a command that it does not send, for it was closed before. */
const CLOSED = 'Unable to execute requests; the client is closed'
const SIGNALLED = /^An error was signalled by the server: - (\w+): ([^]*)$/
const CODED = /^([A-Z]+): ([^]*)$/

interface Look {
  readonly name?: unknown
  readonly message?: unknown
}

/**
 * The client's error with the server's own words, if it has any; a `BackendError` for a command that the client did not
 * send. By its fields: it may come from another realm.
 */
export function failureOf(error: unknown): unknown {
  const { name, message } = lookAt(error)
  // Closed for good: to ask again would not help. What the client rejects in flight has the text of the call of `close`.
  if (name === 'ClosingError' && message.startsWith(CLOSED)) return notSent('the client is closed', false)
  if (message.startsWith('Reached maximum inflight requests')) return notSent(message, true)
  const [, kind = '', text = ''] = SIGNALLED.exec(message) ?? CODED.exec(message) ?? []
  if (kind === '') return error
  const failure = new Error(`${CODES[kind] ?? kind} ${text}`)
  failure.name = name
  return failure
}

const notSent = (reason: string, retryable: boolean): BackendError =>
  new BackendError(`valkey-glide: ${reason}`, { executed: 'no', retryable })

function lookAt(error: unknown): { readonly name: string; readonly message: string } {
  if (typeof error !== 'object' || error === null) return { name: '', message: '' }
  const { name, message }: Look = error
  return { name: String(name), message: String(message) }
}
