import type { LockBackend } from '@holdfast/core'
import type { ConformanceTarget } from '../target.js'
import { connectRaw, type RedisAddress } from './raw.js'

/** One handle on a Redis: a backend over a client of its own, and how to end that client. */
export interface RedisHandle {
  readonly backend: LockBackend
  close(): Promise<unknown> | void
}

export interface RedisTargetOptions {
  readonly name: string
  /** The server that both handles use. */
  readonly server: RedisAddress
  /** What the backends put before a name: the lock key is exactly `prefix + name`. */
  readonly prefix: string
  /** Opens the two handles, each over a client of its own. They may be of different kinds. */
  readonly handles: readonly [() => Promise<RedisHandle>, () => Promise<RedisHandle>]
}

/** A {@link ConformanceTarget} over a Redis server, with the cases about foreign values at the raw key. */
export function redisTarget({ name, server, prefix, handles }: RedisTargetOptions): ConformanceTarget {
  return {
    name,
    open: async () => {
      const raw = await connectRaw(server)
      const [one, other] = await Promise.all([handles[0](), handles[1]()])
      return {
        backends: [one.backend, other.backend],
        foreign: {
          plant: async (lock, value, ttlMs) => {
            const expiry = ttlMs === null ? [] : ['PX', `${ttlMs}`]
            await raw.command('SET', prefix + lock, value, ...expiry)
          },
          readRaw: async (lock) => {
            const value = await raw.command('GET', prefix + lock)
            return value === null ? null : String(value)
          },
          remove: async (lock) => void (await raw.command('DEL', prefix + lock)),
          plantOtherType: async (lock) => void (await raw.command('RPUSH', prefix + lock, 'an element')),
        },
        close: async () => {
          raw.close()
          await Promise.all([one.close(), other.close()])
        },
      }
    },
  }
}
