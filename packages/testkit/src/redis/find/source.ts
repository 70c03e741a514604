import type { RedisServer, RedisSource } from '../server.js'
import type { Product } from '../process/version.js'

/** Options of `startRedis` and `findRedisServer`. */
export interface RedisOptions {
  /** The port to listen on. Default: a free one. */
  readonly port?: number
  /** More arguments for the server, behind those of the test kit: `['--maxmemory', '5mb']`. */
  readonly args?: readonly string[]
  /** Tries this source only. Default: the first one that works. */
  readonly source?: RedisSource
  /**
   * Wants a server that can be paused, killed and restarted, so `REDIS_URL` is passed over; `port` and `args` imply it.
   * When false, the server may be shared with other users.
   */
  readonly own?: boolean
  /**
   * Takes the server of this Debian release and product, whatever runs here: an older or newer one beside the usual
   * one. Only the `'apt'` source can; it needs a machine that takes its packages from Debian's archive.
   */
  readonly debian?: DebianPackage
  /** The image for Docker. Default `redis:8-alpine`. */
  readonly image?: string
  /** Called with a line for each step that takes time. */
  readonly onProgress?: (line: string) => void
}

/** A server among the packages of Debian. */
export interface DebianPackage {
  /** The release as the archive calls it: `'trixie'`, `'bookworm-backports'`, `'sid'`, `'experimental'`. */
  readonly release: string
  /** Default `'redis'`. */
  readonly product?: Product
}

/** A Redis that can be started. */
export interface FoundRedis {
  readonly source: RedisSource
  /** The place of the server, in words. */
  readonly description: string
  readonly start: (options: RedisOptions) => Promise<RedisServer>
}

/** A source of a Redis: the server that it found, or, in words, why it found none. */
export type ServerSource = (options: RedisOptions) => Promise<FoundRedis | string>

/** An error in words. */
export function reasonOf(error: unknown): string {
  // A host with several addresses fails once for each.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
