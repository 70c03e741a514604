import { LockError } from '../errors/errors.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { internalsOf, type LockerInternals } from '../internals.js'
import type { Locker } from '../locker.js'
import { isObserved, ObservedCall } from '../observer/observed-call.js'
import { currentContext } from '../timers/detached.js'
import { parseRequest } from './arguments.js'
import { newClientId, toEventName } from './names.js'
import { runWithLock } from './run.js'
import { sendRequest } from './send.js'
import { takeSnapshot } from './snapshot.js'
import { createSteps } from './steps.js'
import type { WebLockManager, WebLockSnapshot } from './types.js'
import { throwIfAborted } from '../timers/abort-listeners.js'

/**
 * The [Web Locks](https://www.w3.org/TR/web-locks/) interface over a locker: code for `navigator.locks`, or for
 * `locks` of Node's `worker_threads`, runs on the locker's store.
 *
 * - Each manager is one client. All managers over one store and prefix are one origin.
 * - A lock of a manager is stored under `web:` and its name. A locker meets it only under that name.
 * - A request waits without limit, in a place of its own at the store.
 * - The calls of one manager, and the ends of its callbacks, take effect in their order.
 * - When a lock is lost, its request rejects with an `AbortError`, also when no `steal` is the cause.
 *
 * @throws `LOCK_UNSUPPORTED` when the backend has no shared leases, no line or no list.
 */
export function toLockManager(locks: Locker): WebLockManager {
  const { engine, defaults } = supportedInternals(locks)
  const steps = createSteps(engine, defaults.terms.timeoutMs)
  const unresponsive = new Set<string>()
  // Drawn at the first request: an edge runtime has no random numbers at module scope.
  let clientId: string | undefined

  const manager = {
    request: async (...args: readonly unknown[]): Promise<unknown> => {
      const { name, mode, ifAvailable, steal, signal, callback } = parseRequest(args)
      const observed = isObserved(engine)
        ? new ObservedCall(engine, { names: [toEventName(name)], mode, signal, runIn: currentContext() })
        : undefined
      try {
        throwIfAborted(signal)
        engine.throwIfClosed()
      } catch (error) {
        observed?.failed(error)
        throw error
      }
      clientId ??= newClientId(engine.label)
      const limit = mode === 'shared' ? Infinity : 1
      const settings = {
        ...defaults,
        ...{ mode, limit, steal, once: ifAvailable },
        ...{ throwsBusy: false, waitMs: ifAvailable ? 0 : Infinity, maxAttempts: Infinity, observed },
      }
      const target = { engine, steps, clientId, name, settings, signal, unresponsive }
      return new Promise((resolve, onFailure) => {
        const run = (lease: LeaseHandle | null): unknown =>
          lease === null
            ? callback(null)
            : runWithLock({ engine, steps, lease, lock: Object.freeze({ name, mode }), callback })
        const onGrant = (lease: LeaseHandle | null): void => resolve(new Promise((called) => called(run(lease))))
        sendRequest({ ...target, onGrant, onFailure })
      })
    },
    query: async (): Promise<WebLockSnapshot> => {
      engine.throwIfClosed()
      return new Promise((resolve, reject) => {
        const abortable = { abort: reject }
        engine.pendingSteps.add(abortable)
        steps.inOrder(() =>
          takeSnapshot(engine, defaults.terms.timeoutMs)
            .then(resolve, reject)
            .finally(() => engine.pendingSteps.delete(abortable)),
        )
      })
    },
  }
  return Object.freeze(manager) as WebLockManager
}

function supportedInternals(locks: unknown): LockerInternals {
  const internals = typeof locks === 'object' && locks !== null ? internalsOf.get(locks) : undefined
  if (internals === undefined)
    throw new TypeError('toLockManager needs a locker made by createLocker() of this package')
  const { backend } = internals.engine
  for (const capability of ['shared', 'line', 'list'] as const) {
    if (backend.capabilities[capability]) continue
    throw new LockError('LOCK_UNSUPPORTED', `the backend ${backend.name} does not offer ${capability}`)
  }
  return internals
}
