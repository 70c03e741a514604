import type { Subscriber, SubscriberEvents } from '../hints/source.js'

export type { Subscriber, SubscriberEvents }

/**
 * The seam between a Redis client and the scripts: runs a script, optionally subscribes and scans.
 *
 * A transport neither retries nor times out by itself beyond what its client does. Its promises reject with the
 * client's own errors; {@link RedisTransport.executed} says what they mean where the message of Redis does not.
 */
export interface RedisTransport {
  /** Names the backend: `'ioredis'`. */
  readonly name: string
  /** Whether keys are spread over several nodes, so that one script may touch the keys of one slot only. */
  readonly clustered: boolean
  /**
   * Whether all commands go over one connection, which answers them in the order in which they were sent. When it stops
   * answering, further commands are held back. Default: false.
   */
  readonly ordered?: boolean
  /** Runs the script that the server knows by this SHA-1. Must reject with a message that holds `NOSCRIPT` if it knows none. */
  evalsha(sha1: string, keys: string[], args: string[]): Promise<unknown>
  /** Runs the script and lets the server know it from now on. */
  eval(source: string, keys: string[], args: string[]): Promise<unknown>
  /**
   * The client of the caller. Backends over the same client share one connection for notifications. Default: the
   * transport itself.
   */
  readonly client?: object
  /**
   * The state that a command would meet now. Absent: always `'ready'`.
   *
   * - `'ready'`: the client sends it.
   * - `'idle'`: the client has no connection, and makes one when it is first needed.
   * - `'connecting'`: the client has no connection, and would keep the command until it has.
   * - `'offline'`: the client has no connection, and would refuse the command.
   * - `'closed'`: the client was closed, or has given up.
   */
  state?(): ClientState
  /** Makes the connection of a client that is `'idle'`, as its first command would. */
  connect?(): void
  /**
   * Prepares a connection of the transport's own for notifications; nothing is sent before {@link Subscriber.connect}.
   * When absent, the backend has no `watch`.
   */
  openSubscriber?(events: SubscriberEvents): Subscriber
  /**
   * How to scan each node that has keys: one for a single server, one for each master of a cluster, for a cursor is good
   * for its own node only. When absent, the backend has no `list`.
   */
  scanNodes?(): Promise<readonly ScanPage[]>
  /**
   * Whether a cache may stand between the client and the server, so that no two commands may be alike: each then
   * carries a text that no other does, as a last argument that the scripts do not read.
   */
  readonly distinct?: boolean
  /**
   * The connection that the next command will use, for a client that sends a command again when its connection was cut.
   * When it has changed by the time of a refusal, an earlier sending may have been executed. When absent, the client
   * never does.
   */
  connection?(): unknown
  /**
   * Whether this client's error says that the command was not executed, beyond the server's own words. `'no'` counts for
   * a command that was sent once by all that {@link connection} says.
   */
  executed?(error: unknown): 'no' | 'unknown' | undefined
}

/**
 * A page of `SCAN` on one node: the next cursor, `0` at the end, and the keys as a script would take them in KEYS. May
 * repeat a key, or answer one that is not there.
 */
export type ScanPage = (cursor: string, pattern: string, count: number) => Promise<ScanReply>

/** The answer of a client to `SCAN`: not trusted. */
export interface ScanReply {
  readonly cursor: unknown
  readonly keys: unknown
}

/** The state that a command would meet now, as {@link RedisTransport.state} explains. */
export type ClientState = 'ready' | 'idle' | 'connecting' | 'offline' | 'closed'
