import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { createLocker, type LockBackend } from '@holdfast/core'
import type { Contender, Locks, Terms } from './contender.js'

const SENDS = ['evalsha', 'eval', 'subscribe']

/** Holdfast with all of its features: fences, the line, renewal. */
export const holdfast: Contender = {
  id: 'holdfast',
  label: 'Holdfast',
  kind: 'ours',
  client: 'ioredis',
  sends: SENDS,
  renewedBy: 'pexpire',
  open: ({ ioredis }, terms) => over(ioredisBackend(ioredis), terms),
}

export const holdfastUnfenced: Contender = {
  ...holdfast,
  id: 'holdfast-unfenced',
  label: 'Holdfast, no fences',
  open: ({ ioredis }, terms) => over(ioredisBackend(ioredis, { fencing: false }), terms),
}

/** Holdfast while another call of its locker waits for a name, so that the connection for notifications is open. */
export const holdfastWatching: Contender = {
  ...holdfast,
  id: 'holdfast-watching',
  label: 'Holdfast, while a call waits',
  open: ({ ioredis }, terms) => {
    const name = 'bench:watched'
    const other = createLocker({ backend: ioredisBackend(ioredis) })
    const locks = over(ioredisBackend(ioredis), { ...terms, waitMs: Infinity })
    const waiter = other.acquire(name).then(() => locks.acquire(name))
    // The waiting call rejects at the end, when its locker is closed.
    waiter.catch(() => {})
    const close = async (): Promise<void> => {
      await locks.close?.()
      await other.close()
    }
    return { ...locks, close }
  },
}

export const holdfastNodeRedis: Contender = {
  ...holdfast,
  id: 'holdfast-node-redis',
  client: 'node-redis',
  open: ({ nodeRedis }, terms) => over(nodeRedisBackend(nodeRedis), terms),
}

export const holdfastNodeRedisUnfenced: Contender = {
  ...holdfastNodeRedis,
  id: 'holdfast-node-redis-unfenced',
  label: 'Holdfast, no fences',
  open: ({ nodeRedis }, terms) => over(nodeRedisBackend(nodeRedis, { fencing: false }), terms),
}

function over(backend: LockBackend, { ttlMs, waitMs }: Terms): Locks {
  const locks = createLocker({ backend, ttlMs, waitMs })
  return {
    acquire: (name) => locks.acquire(name),
    tryAcquire: (name) => locks.tryAcquire(name),
    close: () => locks.close(),
  }
}
