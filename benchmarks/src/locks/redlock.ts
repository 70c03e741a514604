import Redlock, { ExecutionError } from 'redlock'
import type { Clients } from './clients.js'
import type { Contender, Terms } from './contender.js'
import { held } from './using.js'

/** The pause between two tries by default, before the jitter. */
const RETRY_MS = 200

/** A poller (every 200 ms and more), by `acquire` and `release`, which do not renew. */
export const redlock: Contender = {
  id: 'redlock',
  label: 'redlock 5',
  kind: 'peer',
  client: 'ioredis',
  sends: ['evalsha', 'eval'],
  open: (clients, { ttlMs, waitMs }) => {
    const locks = open(clients)
    const retryCount = Math.ceil(waitMs / RETRY_MS)
    return {
      acquire: (name) => locks.acquire([name], ttlMs, { retryCount }),
      tryAcquire: async (name) => {
        try {
          return await locks.acquire([name], ttlMs, { retryCount: 0 })
        } catch (error) {
          if (error instanceof ExecutionError) return null
          throw error
        }
      },
    }
  },
}

/** Locks by `using`, which renews 500 ms before the end of the ttl. */
export const redlockUsing: Contender = {
  ...redlock,
  id: 'redlock-using',
  label: 'redlock 5, using',
  // `using` renews by a script that sets the key anew, instead of moving the expiry of the key.
  renewedBy: 'evalsha',
  open: (clients: Clients, terms: Terms) => {
    const locks = open(clients)
    const retryCount = Math.ceil(terms.waitMs / RETRY_MS)
    return {
      ...redlock.open(clients, terms),
      acquire: (name) => held((routine) => locks.using([name], terms.ttlMs, { retryCount }, routine)),
    }
  },
}

function open({ ioredis }: Clients): Redlock {
  const locks = new Redlock([ioredis])
  // Each refusal emits an 'error' event; without a listener the process would end.
  return locks.on('error', () => {})
}
