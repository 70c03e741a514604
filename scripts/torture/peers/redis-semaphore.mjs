// redis-semaphore says `isAcquired` until its next renewal finds the lock gone.
import { Mutex } from 'redis-semaphore'
import { peerTarget } from './peer.mjs'

export default peerTarget('redis-semaphore', (client) => async (name, { ttlMs, waitMs }) => {
  let lost = false
  const options = { lockTimeout: ttlMs, acquireTimeout: Math.max(1, waitMs), onLockLost: () => void (lost = true) }
  const mutex = new Mutex(client, name, waitMs === 0 ? { ...options, acquireAttemptsLimit: 1 } : options)
  if (!(await mutex.tryAcquire())) return null
  return { held: () => mutex.isAcquired && !lost, release: () => mutex.release() }
})
