/** The visible part of how the client sends its requests. A requester of the user's own shows nothing of this. */
interface Requester {
  readonly baseUrl?: unknown
  readonly headers?: { readonly authorization?: unknown } | null
  readonly options?: RequesterOptions | null
  /** How often a request that failed on its way is sent again. */
  readonly retry?: { readonly attempts?: unknown } | null
}

interface RequesterOptions {
  readonly signal?: unknown
  /** The `cache` of each `fetch`. */
  readonly cache?: unknown
  /** The options of Next.js for each `fetch`. */
  readonly next?: unknown
}

/** The values of `cache` by which no answer comes from a cache. */
const UNCACHED: readonly unknown[] = [undefined, 'no-store', 'reload', 'no-cache']
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/
/** The token of a client that was given none. */
const NO_TOKEN = ['', 'undefined', 'null']

/** Refuses a client that cannot work, or would only warn or fail at the first lock. Never shows the url or the token. */
export function checkConnection(client: object, allowInsecureUrl: boolean): void {
  if (typeof allowInsecureUrl !== 'boolean') throw new TypeError('allowInsecureUrl must be true or false')
  const requester = requesterOf(client)
  // A requester of the user's own: how it reaches the database is theirs to get right.
  if (typeof requester?.baseUrl !== 'string') return
  checkUrl(requester.baseUrl, allowInsecureUrl)
  checkToken(tokenOf(client))
  checkOptions(requester.options ?? {})
}

function checkOptions({ signal, cache, next }: RequesterOptions): void {
  if (typeof signal === 'object' && signal !== null) {
    // Once aborted, the client takes the reason of the abort for the answer of the database: a lock that nobody granted.
    throw new TypeError(
      'upstashBackend cannot use a client with one signal for all requests: pass it as a function, such as signal: () => AbortSignal.timeout(5_000)',
    )
  }
  if (!UNCACHED.includes(cache) || (next !== undefined && next !== null)) {
    // A renewal that is answered from a cache extends nothing, and its holder believes that it did.
    throw new TypeError(
      "upstashBackend cannot use a client whose answers may come from a cache: leave its cache option at 'no-store', and give it no next option",
    )
  }
}

/** The secret that the client sends with each request, if it can be seen. */
export function tokenOf(client: object): string | undefined {
  const authorization = requesterOf(client)?.headers?.authorization
  if (typeof authorization !== 'string') return undefined
  return authorization.replace(/^Bearer ?/, '').trim()
}

/** Whether the client may send a request twice, so that what refuses the second says nothing of the first. */
export const maySendAgain = (client: object): boolean => requesterOf(client)?.retry?.attempts !== 0

function requesterOf(client: object): Requester | undefined {
  const requester: unknown = Reflect.get(client, 'client')
  return typeof requester === 'object' && requester !== null ? requester : undefined
}

function checkUrl(text: string, allowInsecureUrl: boolean): void {
  if (text === '') throw new TypeError('upstashBackend needs a client with a url: this one has none')
  if (!URL.canParse(text)) throw new TypeError('upstashBackend needs a client with a url: that of this one is none')
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') {
    throw new TypeError("the url of the client must not hold credentials: fetch refuses it, the client's token does it")
  }
  if (protocol === 'https:' || (protocol === 'http:' && (allowInsecureUrl || LOOPBACK.test(hostname)))) return
  throw new TypeError(
    'the url of the client must begin with https://, or its token and the owners of locks can be read on the way: allowInsecureUrl: true permits http://',
  )
}

function checkToken(token: string | undefined): void {
  if (token === undefined || NO_TOKEN.includes(token)) {
    throw new TypeError('upstashBackend needs a client with a token: this one has none')
  }
  // A header of this kind is refused at each request, with an error that shows it.
  if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(token)) {
    throw new TypeError('the token of the client holds characters that cannot be sent in a header')
  }
}
