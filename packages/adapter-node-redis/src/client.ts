import { BackendError } from '@holdfast/core'

/** A client by `createClient`, `createCluster`, `createSentinel` or `createClientPool`: its members that are called. */
export interface NodeRedisClient {
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  listenerCount(event: 'error'): number
  readonly isOpen?: boolean
  readonly isReady?: boolean
  readonly options?: NodeRedisOriginal['options']
  /** A pool has none. */
  duplicate?(overrides: object): NodeRedisSubscriber
  scan?(cursor: string, options: ScanOptions): Promise<ScanReply>
  /** Of a cluster: its masters, and the client of one of them. */
  readonly masters?: readonly NodeRedisMaster[]
  nodeClient?(node: object): NodeRedisNode | Promise<NodeRedisNode>
  /** Of Sentinel: lends the client of the master. */
  use?(borrow: (master: NodeRedisNode) => Promise<ScanReply>): Promise<ScanReply>
  /** Of a pool: lends one of its clients. */
  execute?(borrow: (client: NodeRedisOriginal) => Promise<NodeRedisOriginal>): Promise<NodeRedisOriginal>
}

/** A client of one server. */
export interface NodeRedisOriginal {
  readonly options?:
    { readonly socket?: object | undefined; readonly disableOfflineQueue?: boolean | undefined } | undefined
  duplicate(overrides: object): NodeRedisSubscriber
}

/** A master of a cluster, and its client if there is one. */
export interface NodeRedisMaster {
  readonly client?: NodeRedisOriginal | undefined
}

/** The members that are called of a node of a cluster, or of the master that Sentinel found. */
export interface NodeRedisNode extends Partial<NodeRedisOriginal> {
  scan(cursor: string, options: ScanOptions): Promise<ScanReply>
}

/** The options of a `SCAN`, as the client takes them. */
export interface ScanOptions {
  readonly MATCH: string
  readonly COUNT: number
}

/** The reply of a `SCAN`. Its shape differs between versions of the client. */
export interface ScanReply {
  readonly cursor: unknown
  readonly keys: unknown
}

/** The members that are called of the connection that the adapter makes for itself. */
export interface NodeRedisSubscriber {
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: () => void): unknown
  connect(): Promise<unknown>
  unref?(): void
  subscribe(channels: string[], listener: (message: string, channel: string) => void): Promise<unknown>
  unsubscribe(channels: string[]): Promise<unknown>
  destroy(): void | Promise<void>
}

/** The `keyPrefix` option of the client, as each kind of client keeps it. */
export function keyPrefixOf(client: object): string {
  const { _keyPrefix: prefix }: { readonly _keyPrefix?: unknown } = client
  return ArrayBuffer.isView(prefix) ? new TextDecoder().decode(prefix) : typeof prefix === 'string' ? prefix : ''
}

/** Members by which a mistake is recognised. */
interface Look {
  readonly evalSha?: unknown
  readonly evalsha?: unknown
  readonly listenerCount?: unknown
  readonly execTyped?: unknown
  readonly isPubSubActive?: unknown
}

/** Says which mistake was made, before a lock depends on the client. */
export function checkClient(client: unknown): asserts client is NodeRedisClient {
  if (typeof client !== 'object' || client === null) {
    throw new TypeError(`nodeRedisBackend needs a node-redis client, got ${client === null ? 'null' : typeof client}`)
  }
  const { evalSha, evalsha, listenerCount, execTyped, isPubSubActive }: Look = client
  if (typeof execTyped === 'function') {
    throw new TypeError('nodeRedisBackend needs a client, not a multi(): its commands are not sent until exec()')
  }
  if (typeof evalSha !== 'function' || typeof listenerCount !== 'function') {
    throw isNone(
      typeof evalsha !== 'function'
        ? 'then' in client
          ? 'this is a promise: await it first'
          : 'this is none'
        : 'internal_send_command' in client
          ? TOO_OLD
          : typeof listenerCount === 'function'
            ? 'this looks like an ioredis client: use ioredisBackend of @holdfast/adapter-ioredis'
            : 'this looks like a client of @upstash/redis: use upstashBackend of @holdfast/adapter-upstash',
    )
  }
  // Without it the connection for notifications could not be ended.
  if (!('destroy' in client)) throw isNone(TOO_OLD)
  if (isPubSubActive === true) {
    throw new TypeError(
      'nodeRedisBackend needs a client for commands, not one that is subscribed: pass another connection',
    )
  }
  if ('slots' in client && keyPrefixOf(client) !== '') {
    throw new TypeError(
      "nodeRedisBackend cannot keep a lock's keys in one slot under the client's keyPrefix: use its own prefix option",
    )
  }
}

const TOO_OLD = 'this is of a version before 5, update redis'
const isNone = (hint: string): TypeError => new TypeError(`nodeRedisBackend needs a node-redis client: ${hint}`)

/** Two mistakes that show only when the client is used, each of which would leave a lock waiting or end the process. */
export function checkReady(client: NodeRedisClient): void {
  if (client.listenerCount('error') === 0) {
    throw refusal(
      "this node-redis client has no 'error' listener and would end the process at its first disconnect: add client.on('error', …)",
    )
  }
  if (client.isOpen === false) throw refusal('this node-redis client is not open: await client.connect() first')
}

/** A mistake, not an outage: waiting does not help. */
const refusal = (message: string): BackendError => new BackendError(message, { executed: 'no', retryable: false })
