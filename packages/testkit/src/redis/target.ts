import type { LockBackend } from '@holdfast/core'
import type { StoreFaults } from '../suite/disturbed.js'
import type { ConformanceTarget } from '../suite/target.js'
import { ask } from './wire/admin.js'
import { connectRaw, type RedisAddress } from './wire/raw-client.js'
import type { Reply } from './wire/resp.js'

/** A handle on a Redis: a backend over a client of its own, and how to end that client. */
export interface RedisHandle {
  readonly backend: LockBackend
  close(): Promise<unknown> | void
}

/** Options of {@link redisTarget}. */
export interface RedisTargetOptions {
  readonly name: string
  /**
   * The server that both handles use; or several, of which `masterOf` finds the server of a key: `startRedisCluster()`
   * will do.
   */
  readonly server: RedisAddress | { masterOf(key: string): Promise<RedisAddress> }
  /** The prefix that the backends put before a name: the lock key is exactly `prefix + name`. */
  readonly prefix: string
  /** Open handles over a client of its own each, of two kinds if you like: one of each at first, further ones later. */
  readonly handles: readonly [() => Promise<RedisHandle>, () => Promise<RedisHandle>]
  /** Disturbs calls, for the cases about unknown outcomes: `proxyFaults()` makes them. */
  readonly faults?: StoreFaults | undefined
}

/** A {@link ConformanceTarget} over a Redis server, with the cases about foreign values at the raw key. */
export function redisTarget({ name, server, prefix, handles, faults }: RedisTargetOptions): ConformanceTarget {
  return {
    name,
    open: async () => {
      const raw = 'masterOf' in server ? undefined : await connectRaw(server)
      // The second word of every command here is its key.
      const command = async (...words: readonly [string, string, ...string[]]): Promise<Reply> =>
        'masterOf' in server ? ask(await server.masterOf(words[1]), words) : (raw?.command(...words) ?? null)
      const [one, other] = await Promise.all([handles[0](), handles[1]()])
      return {
        backends: [one.backend, other.backend],
        ...(faults !== undefined && { faults }),
        another: (like) => handles[like](),
        prefix,
        foreign: {
          plant: async (lock, value, ttlMs) => {
            const expiry = ttlMs === null ? [] : ['PX', `${ttlMs}`]
            await command('SET', prefix + lock, value, ...expiry)
          },
          readRaw: async (lock) => {
            const value = await command('GET', prefix + lock)
            return value === null ? null : String(value)
          },
          remove: async (lock) => void (await command('DEL', prefix + lock)),
          plantOtherType: async (lock) => void (await command('RPUSH', prefix + lock, 'an element')),
        },
        close: async () => {
          raw?.close()
          await Promise.all([one.close(), other.close()])
        },
      }
    },
  }
}
