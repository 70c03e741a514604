import { createLock, IoredisAdapter, type Lock, LockAcquisitionError } from 'redlock-universal'
import type { Contender, Held, Terms } from './contender.js'
import { held } from './using.js'

/** The pause between two tries, by default. */
const RETRY_MS = 100

type Mode = 'standard' | 'lean'

function contender(id: string, label: string, performance: Mode): Contender {
  return {
    id,
    label,
    kind: 'peer',
    client: 'ioredis',
    sends: ['set', 'evalsha', 'eval', 'ping', 'script|load'],
    open: ({ ioredis }, { ttlMs, waitMs }) => {
      const adapter = new IoredisAdapter(ioredis)
      const waiting = cached((key) =>
        createLock({ adapter, key, ttl: ttlMs, performance, retryAttempts: Math.ceil(waitMs / RETRY_MS) }),
      )
      const trying = cached((key) => createLock({ adapter, key, ttl: ttlMs, performance, retryAttempts: 0 }))
      return {
        acquire: (name) => take(waiting(name)),
        tryAcquire: async (name) => {
          try {
            return await take(trying(name))
          } catch (error) {
            if (error instanceof LockAcquisitionError) return null
            throw error
          }
        },
      }
    },
  }
}

/** A poller (every 100 ms), by `acquire` and `release`, which do not renew. */
export const universal: Contender = contender('redlock-universal', 'redlock-universal', 'standard')

export const universalLean: Contender = contender('redlock-universal-lean', 'redlock-universal lean', 'lean')

/** Locks by `using`, which renews at 80 % of the ttl. */
export const universalUsing: Contender = {
  ...universal,
  id: 'redlock-universal-using',
  label: 'redlock-universal, using',
  renewedBy: 'pexpire',
  open: (clients, terms: Terms) => {
    const adapter = new IoredisAdapter(clients.ioredis)
    const retryAttempts = Math.ceil(terms.waitMs / RETRY_MS)
    const lockOf = cached((key) => createLock({ adapter, key, ttl: terms.ttlMs, retryAttempts }))
    return { ...universal.open(clients, terms), acquire: (name) => held((routine) => lockOf(name).using(routine)) }
  },
}

async function take(lock: Lock): Promise<Held> {
  const handle = await lock.acquire()
  return { release: () => lock.release(handle) }
}

/** Keeps one lock for each resource, as the documentation of redlock-universal does. */
function cached(make: (name: string) => Lock): (name: string) => Lock {
  const locks = new Map<string, Lock>()
  return (name) => {
    let lock = locks.get(name)
    if (lock === undefined) locks.set(name, (lock = make(name)))
    return lock
  }
}
