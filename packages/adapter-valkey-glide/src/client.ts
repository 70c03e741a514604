/** The members of a `GlideClient` that are called. */
export interface GlideClient {
  customCommand(args: string[]): Promise<unknown>
}

/** The members that are called of a `GlideClient` for notifications alone. */
export interface GlideListener {
  subscribe(channels: Iterable<string>, timeoutMs: number): Promise<void>
  unsubscribe(channels: Iterable<string>, timeoutMs: number): Promise<void>
  getPubSubMessage(): Promise<{ readonly channel: unknown; readonly message: unknown }>
}

/** Members by which a mistake is recognised. */
interface Look {
  readonly customCommand?: unknown
  readonly evalsha?: unknown
  readonly evalSha?: unknown
}

/** Says which mistake was made, before a lock depends on the client. */
export function checkClient(client: unknown): asserts client is GlideClient {
  if (typeof client !== 'object' || client === null) {
    throw new TypeError(`glideBackend needs a GlideClient, got ${client === null ? 'null' : typeof client}`)
  }
  const { customCommand, evalsha, evalSha }: Look = client
  if (typeof customCommand === 'function') {
    if (typeof Reflect.get(client, 'invokeScriptWithRoute') !== 'function') return
    throw new TypeError('glideBackend needs a GlideClient: a GlideClusterClient is not supported')
  }
  const other =
    typeof evalsha === 'function' ? 'ioredisBackend' : typeof evalSha === 'function' ? 'nodeRedisBackend' : ''
  throw new TypeError(
    `glideBackend needs a GlideClient${'then' in client ? PROMISE : other && `: this client looks like one for ${other}`}`,
  )
}

export function checkListener(listener: unknown, client: unknown): asserts listener is GlideListener {
  const has = (method: string): boolean =>
    typeof listener === 'object' && listener !== null && typeof Reflect.get(listener, method) === 'function'
  if (listener === client) throw new TypeError('listener must be another client than the one for commands')
  if (!has('subscribe') || !has('getPubSubMessage'))
    throw new TypeError(`listener must be a GlideClient${has('then') ? PROMISE : ''}`)
}

const PROMISE = ', got a promise: await it first'
