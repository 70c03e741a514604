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
   * What a command would meet now. Absent: always `'ready'`.
   *
   * - `'ready'`: the client sends it, or makes a connection for it.
   * - `'connecting'`: the client has no connection, and would keep the command until it has.
   * - `'offline'`: the client has no connection, and would refuse the command.
   * - `'closed'`: the client was closed, or has given up.
   */
  state?(): ClientState
  /**
   * Prepares a connection of the transport's own for notifications; nothing is sent before {@link Subscriber.connect}.
   * When absent, the backend has no `watch`.
   */
  openSubscriber?(events: SubscriberEvents): Subscriber
  /**
   * All keys that match the glob, on all nodes, page by page with `SCAN`: as a script would take them in KEYS. May
   * repeat a key, or tell one that is not there. Calls `onPage` whenever a page has come, with keys or without; what it
   * throws ends the scan. When absent, the backend has no `list`.
   */
  scan?(pattern: string, onPage?: () => void): AsyncIterable<string>
  /**
   * What the next command will be sent on, for a client that sends a command again when its connection was cut. When it
   * has changed by the time of a refusal, an earlier sending may have been executed. When absent, the client never does.
   */
  connection?(): unknown
  /** What this client's error says of the command, beyond what the server's own words say: `undefined` if nothing. */
  executed?(error: unknown): 'no' | 'unknown' | undefined
}

export type ClientState = 'ready' | 'connecting' | 'offline' | 'closed'

/** What the owner of a {@link Subscriber} is notified of. Both may be called at any time, also after `close`. */
export interface SubscriberEvents {
  onMessage(message: string, channel: string): void
  /** The connection has ended, or will not come to stand. */
  onEnd(error: unknown): void
}

/**
 * One attempt at a connection for notifications. It does not reconnect, does not subscribe again and does not keep the
 * process alive: whoever opened it opens another one. Nothing of it rejects but the promises that its methods return.
 */
export interface Subscriber {
  /** Connects, once, with the credentials that the client has at this moment. */
  connect(): Promise<void>
  subscribe(channels: readonly string[]): Promise<void>
  unsubscribe(channels: readonly string[]): Promise<void>
  /** Ends it at once, at whatever moment. Never throws. */
  close(): void
}
