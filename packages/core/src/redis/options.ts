import { checkFlag, checkText } from '../options/validation.js'
import { checkOptions } from '../errors/unknown-options.js'

/** Options of every backend over Redis. */
export interface RedisBackendOptions {
  /**
   * The beginning of every key: the lock key of a name is exactly `prefix + name`. Default `'lock:'`. All who share
   * locks need the same prefix. The empty one is slower, for the keys beside a lock must then be longer than any name.
   */
  readonly prefix?: string | undefined
  /** Whether grants carry fences. When false, each lock saves a key and a write, and every fence is `null`. Default `true`. */
  readonly fencing?: boolean | undefined
}

/**
 * Refuses an unknown option of a backend over Redis, and a bad value. For adapters that have options of their own.
 * @param name the name of the backend, such as `'ioredis'`.
 * @param more names of the adapter's own options, which are not to be passed on to {@link redisBackend}.
 * @throws TypeError, RangeError
 */
export function checkRedisOptions(name: string, options: RedisBackendOptions, more: readonly string[] = []): void {
  checkOptions(`the ${name} backend`, options, new Set(['prefix', 'fencing', ...more]))
  const { prefix = '', fencing = true } = options
  checkText('prefix', prefix)
  checkFlag('fencing', fencing)
}
