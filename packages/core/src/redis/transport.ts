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
   * Subscribes to channels on one connection of the transport's own, and answers how to end that. When absent, the
   * backend has no `watch`.
   */
  subscribe?(
    channels: readonly string[],
    onMessage: (message: string, channel: string) => void,
  ): Promise<() => Promise<void>>
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
