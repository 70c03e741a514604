import type { Engine } from '../engine/engine.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { ReleaseResult } from '../lease.js'
import type { Steps } from './steps.js'
import type { WebLock } from './types.js'

/** A lock that was granted, and the callback that holds it. */
export interface GrantedLock {
  readonly engine: Engine
  readonly steps: Steps
  readonly lease: LeaseHandle
  readonly lock: WebLock
  readonly callback: (lock: WebLock) => unknown
}

/**
 * Runs the callback while the lock is held, releases the lock, and answers the result of the callback.
 *
 * - When the callback fails, the request rejects with its error.
 * - When the lock is lost before its release has taken effect, the request rejects with an `AbortError`, at once: it does
 *   not wait for the callback.
 */
export function runWithLock({ engine, steps, lease, lock, callback }: GrantedLock): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lease.signal.addEventListener('abort', () => reject(lossError(lease)))
    // close() may have ended the lease between the grant and this call.
    if (!lease.held) return reject(lossError(lease))
    const result = new Promise((settle) => settle(callback(lock)))
    void result.then(
      async (value) => {
        const released = await releaseInOrder(engine, steps, lease)
        if (released === 'expired') reject(lossError(lease))
        else resolve(value)
      },
      async (error: unknown) => {
        // The error of the callback counts, even when the release reports that the lock had been stolen.
        await releaseInOrder(engine, steps, lease)
        reject(error)
      },
    )
  })
}

/** Releases the lease in its turn: after the calls that were made before the callback ended. */
function releaseInOrder(engine: Engine, steps: Steps, lease: LeaseHandle): Promise<ReleaseResult> {
  return new Promise((resolve) => {
    const release = (): Promise<ReleaseResult> => {
      engine.pendingSteps.delete(pending)
      const releasing = lease.release()
      resolve(releasing)
      return releasing
    }
    // close() does not wait for the turn, so that a callback which has ended in time keeps its result.
    const pending = { abort: () => void release() }
    engine.pendingSteps.add(pending)
    steps.beside('release', release)
  })
}

function lossError({ lossReason }: LeaseHandle): DOMException {
  const error = new DOMException(lossReason?.message ?? 'the lock was taken away', 'AbortError')
  return Object.defineProperty(error, 'cause', { value: lossReason })
}
