import { lock, tryLock } from 'simple-redis-mutex'
import type { Contender } from './contender.js'

/**
 * Every release wakes every waiter, with a poll every 10 s besides. All names share one counter of fences. No renewal.
 */
export const simpleRedisMutex: Contender = {
  id: 'simple-redis-mutex',
  label: 'simple-redis-mutex',
  kind: 'peer',
  client: 'node-redis',
  sends: ['set', 'incr', 'evalsha', 'eval', 'subscribe', 'script|load'],
  open: ({ nodeRedis }, { ttlMs: timeout, waitMs: failAfter }) => ({
    acquire: async (name) => {
      const release = await lock(nodeRedis, name, { timeout, failAfter })
      return { release, fence: release.fencingToken }
    },
    tryAcquire: async (name) => {
      const [acquired, release] = await tryLock(nodeRedis, name, { timeout })
      return acquired ? { release, fence: release.fencingToken } : null
    },
  }),
}
