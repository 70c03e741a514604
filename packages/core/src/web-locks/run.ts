import type { HeldLease } from '../held-lease.js'
import type { Order } from './order.js'
import type { WebLock } from './manager.js'

/**
 * Runs the callback under a lock, or under none, and answers what it answers when the lock has been given back. When the
 * lock is taken away the answer is an `AbortError` at once, whatever becomes of the callback.
 */
export function runUnderLock(
  lease: HeldLease | null,
  lock: WebLock | null,
  callback: (lock: WebLock | null) => unknown,
  order: Order,
): Promise<unknown> {
  const result = new Promise((resolve) => resolve(callback(lock)))
  if (lease === null) return result
  return new Promise((resolve, reject) => {
    lease.signal.addEventListener('abort', () => reject(takenAway(lease)))
    const finish = async (settle: () => void): Promise<void> => {
      const releasing = lease.release()
      // What is asked for from now on finds it free.
      order.next(() => releasing)
      if ((await releasing) === 'expired') reject(takenAway(lease))
      else settle()
    }
    void result.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    )
  })
}

function takenAway({ lossReason }: HeldLease): DOMException {
  const error = new DOMException(lossReason?.message ?? 'the lock was taken away', 'AbortError')
  return Object.defineProperty(error, 'cause', { value: lossReason })
}
