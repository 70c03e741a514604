import { Mutex } from 'redis-semaphore'
import type { Contender } from './contender.js'

/** A poller (every 10 ms) with a timer for each lock that renews it at 80 % of its ttl. */
export const redisSemaphore: Contender = {
  id: 'redis-semaphore',
  label: 'redis-semaphore',
  kind: 'peer',
  client: 'ioredis',
  sends: ['set', 'evalsha', 'eval'],
  renewedBy: 'pexpire',
  open: ({ ioredis }, { ttlMs: lockTimeout, waitMs: acquireTimeout }) => ({
    acquire: async (name) => {
      const mutex = new Mutex(ioredis, name, { lockTimeout, acquireTimeout })
      await mutex.acquire()
      return mutex
    },
    tryAcquire: async (name) => {
      const mutex = new Mutex(ioredis, name, { lockTimeout, acquireAttemptsLimit: 1 })
      return (await mutex.tryAcquire()) ? mutex : null
    },
  }),
}
