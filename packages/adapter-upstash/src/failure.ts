import { tokenOf } from './connection.js'

const DEPTH = 3
/** The text that the client adds to an error of the database: the pipeline's path, and the command or pipeline. */
const AROUND = /^Command failed: |, command was: [^]*$/g
/** The bodies that these errors quote may be anything. */
const NOT_JSON = /^(UpstashJSONParse|Syntax)Error$/

/**
 * How HTTP says, without the status, which the client keeps to itself, what Redis says by a code. First what may have
 * been executed nevertheless: from a proxy or a server in trouble even an `ERR` is not certain. A limit is none of the codes
 * that say that fewer keys may pass: each part would be a further request.
 */
const CODES: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/\binternal|\bunavailable\b|\btime(d )?-?out\b|\bgateway\b/i, 'UNCERTAIN'],
  [/too many requests|rate limit|limit exceeded/i, 'BUSY'],
  [/^unauthorized\b/i, 'WRONGPASS'],
  [/^forbidden\b/i, 'NOPERM'],
  [/^(bad request|not found|method not allowed|(payload|content|request entity) too large)\b/i, 'ERR'],
]

/**
 * The failure in words that begin with a code of Redis where there is a fitting code. They hold nothing of the request
 * but the database's answer: the client's errors hold scripts, owners, and the commands of others.
 */
export function failureOf(error: unknown, client: object): Error {
  const token = tokenOf(client)
  const text = wordsOf(error, DEPTH)
  const failure = new Error(token ? text.replaceAll(token, '[hidden]') : text)
  if (typeof error === 'object' && error !== null && 'name' in error) failure.name = String(error.name)
  return failure
}

function wordsOf(error: unknown, depth: number): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const { name, message, code, cause }: Look = error
  if (typeof name === 'string' && NOT_JSON.test(name)) return 'the answer was no JSON'
  const text = typeof message === 'string' ? message.replace(AROUND, '') : ''
  if (name === 'UpstashError') return coded(text)
  const said = text !== '' ? text : typeof code === 'string' ? code : 'no reason was given'
  return cause === undefined || depth === 0 ? said : `${said} (${wordsOf(cause, depth - 1)})`
}

function coded(text: string): string {
  if (text === '' || text === 'undefined') return 'the database answered with an error without a text'
  const code = CODES.find(([pattern]) => pattern.test(text))?.[1]
  return code === undefined ? text : `${code} ${text}`
}

interface Look {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly cause?: unknown
}
