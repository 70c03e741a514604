import { Verrou } from '@verrou/core'
import { redisStore } from '@verrou/core/drivers/redis'
import type { Contender } from './contender.js'

/** A poller (every 250 ms) that does not renew by itself. */
export const verrou: Contender = {
  id: 'verrou',
  label: 'verrou',
  kind: 'peer',
  client: 'ioredis',
  sends: ['set', 'eval'],
  open: ({ ioredis }, { ttlMs, waitMs }) => {
    const locks = new Verrou({ default: 'redis', stores: { redis: { driver: redisStore({ connection: ioredis }) } } })
    return {
      acquire: async (name) => {
        const lock = locks.createLock(name, ttlMs)
        if (!(await lock.acquire({ retry: { timeout: waitMs } }))) throw new Error('not acquired in time')
        return lock
      },
      tryAcquire: async (name) => {
        const lock = locks.createLock(name, ttlMs)
        return (await lock.acquireImmediately()) ? lock : null
      },
    }
  },
}
