import type { ReleaseResult } from '../lease.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { Steps } from './steps.js'
import type { WebLock } from './types.js'

/**
 * Runs the callback under a lock, or under none, and answers what it answers when the lock has been given back. When the
 * lock is taken away the answer is an `AbortError` at once, whatever becomes of the callback.
 */
export function runWithLock(
  lease: LeaseHandle | null,
  lock: WebLock | null,
  callback: (lock: WebLock | null) => unknown,
  order: Steps,
): Promise<unknown> {
  if (lease === null) return new Promise((resolve) => resolve(callback(null)))
  return new Promise((resolve, reject) => {
    lease.signal.addEventListener('abort', () => reject(takenAway(lease)))
    // Before its callback could be called: whoever closed the locker in that moment is told so.
    if (!lease.held) return reject(takenAway(lease))
    const release = (): Promise<ReleaseResult> => {
      const releasing = lease.release()
      // What is asked for from now on finds it free.
      order.inOrder(() => releasing)
      return releasing
    }
    const result = new Promise((called) => called(callback(lock)))
    void result.then(
      async (value) => ((await release()) === 'expired' ? reject(takenAway(lease)) : resolve(value)),
      // Its own error is not masked by a theft that nobody has told of.
      async (error: unknown) => {
        await release()
        reject(error)
      },
    )
  })
}

function takenAway({ lossReason }: LeaseHandle): DOMException {
  const error = new DOMException(lossReason?.message ?? 'the lock was taken away', 'AbortError')
  return Object.defineProperty(error, 'cause', { value: lossReason })
}
