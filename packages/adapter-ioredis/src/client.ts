/** The members of an ioredis client that are called: of `Redis`, also over Sentinel, or `Cluster`. */
export interface IoredisClient {
  readonly isCluster: boolean
  readonly options: object
  readonly status?: string
  /** The present connection; a cluster has none of its own. */
  readonly stream?: unknown
  evalsha(sha1: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>
  eval(script: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>
  duplicate(): IoredisSubscriber
  connect?(): Promise<unknown>
  scan?(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', size: number): Promise<unknown>
  /** Of a cluster. */
  nodes?(role: 'master'): readonly IoredisNode[]
}

/** The members of a node of a cluster, or of a client of one server, that are called. */
export interface IoredisNode extends Pick<IoredisClient, 'scan'> {
  duplicate(override: object): IoredisSubscriber
}

/** The members that are called of the connection that the adapter makes for itself. */
export interface IoredisSubscriber {
  /** The present connection; a cluster has none of its own. */
  readonly stream?: { unref?(): unknown; destroy?(): unknown } | undefined
  connect(): Promise<unknown>
  subscribe(...channels: string[]): Promise<unknown>
  unsubscribe(...channels: string[]): Promise<unknown>
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect' | 'end', listener: () => void): unknown
  disconnect(): void
}

/** Members by which a mistake is recognised. */
interface Look {
  readonly evalsha?: unknown
  readonly evalSha?: unknown
  readonly duplicate?: unknown
  readonly isPipeline?: unknown
  readonly isCluster?: unknown
  /** Absent in old versions. */
  readonly mode?: unknown
  readonly condition?: { readonly subscriber?: unknown } | null
  readonly options?: LookOptions | null
}

interface LookOptions {
  readonly db?: unknown
  readonly keyPrefix?: unknown
  readonly enableAutoPipelining?: unknown
  readonly autoPipeliningIgnoredCommands?: unknown
}

/** Says which mistake was made, before a lock depends on the client. */
export function checkClient(client: unknown): asserts client is IoredisClient {
  if ((typeof client !== 'object' && typeof client !== 'function') || client === null) throw notClient(client)
  const { evalsha, evalSha, duplicate, isPipeline, isCluster, mode, condition, options }: Look = client
  if (isPipeline === true) {
    throw new TypeError('ioredisBackend needs a client, not a pipeline: its commands are not sent until exec()')
  }
  if (typeof evalsha !== 'function' || typeof duplicate !== 'function' || typeof options !== 'object') {
    throw typeof evalSha === 'function'
      ? new TypeError(
          'ioredisBackend needs an ioredis client: this looks like a node-redis client: use nodeRedisBackend of @holdfast/adapter-node-redis',
        )
      : notClient(client)
  }
  if (mode === 'subscriber' || (mode === undefined && condition?.subscriber)) {
    throw new TypeError(
      'ioredisBackend needs a client for commands, not one that is subscribed: pass another connection',
    )
  }
  const { db } = options ?? {}
  if (db !== undefined && db !== null && !Number.isInteger(db)) {
    throw new TypeError(
      'ioredisBackend needs a client whose db is a number: that of this one is none, such as the path in its address',
    )
  }
  if (isCluster === true && options?.keyPrefix) {
    throw new TypeError(
      "ioredisBackend cannot keep a lock's keys in one slot under the client's keyPrefix: use its own prefix option",
    )
  }
  if (isCluster === true && options !== null && mixesSlots(options)) {
    throw new TypeError(
      "ioredisBackend cannot use a Cluster of ioredis before 5.11.1 with enableAutoPipelining, which puts scripts on keys of several nodes into one pipeline and then refuses it: add autoPipeliningIgnoredCommands: ['evalsha', 'eval'], or update ioredis",
    )
  }
}

/** Without the value: an address or options may hold a password. */
function notClient(got: unknown): TypeError {
  return new TypeError(`ioredisBackend needs an ioredis client, got ${kindOf(got)}`)
}

function kindOf(got: unknown): string {
  if (got === null) return 'null'
  if (typeof got === 'string') return 'string: make a client of the address with new Redis(url)'
  if (typeof got === 'function') return `the function or class ${got.name}: if it is a class, make a client with new`
  if (typeof got !== 'object') return typeof got
  if (Array.isArray(got)) return 'an array'
  if ('then' in got) return 'a promise: await it first'
  const { constructor: made }: { readonly constructor?: unknown } = got
  if (made === Object || typeof made !== 'function') {
    return 'a plain object: make a client of the options with new Redis(options)'
  }
  return `an object of the class ${made.name}`
}

/** Before 5.11.1, which brought this option (5.11.0 has the fix and not the option), a Cluster took the hash of a script for the key that decides on the node. */
function mixesSlots(options: LookOptions): boolean {
  if (options.enableAutoPipelining !== true || 'clusterNodeRetryStrategy' in options) return false
  const { autoPipeliningIgnoredCommands: ignored } = options
  return !(Array.isArray(ignored) && ignored.includes('evalsha') && ignored.includes('eval'))
}
