import type { LockMode } from '../backend.js'
import { LockError } from '../errors/errors.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import { internalsOf } from '../internals.js'
import { listAll } from '../store/ask.js'
import type { Locker } from '../locker.js'
import { sendRequest } from './send.js'
import { fromStoreName } from './names.js'
import { createSteps } from './steps.js'
import { runWithLock } from './run.js'
import type { WebLockInfo, WebLockManager, WebLockSnapshot } from './types.js'
import { parseRequest } from './arguments.js'

/**
 * The [Web Locks](https://www.w3.org/TR/web-locks/) interface over a locker: what was written for `navigator.locks`, or
 * for `locks` of Node's `worker_threads`, runs on the locker's store.
 *
 * Each manager is a client of its own, and all managers over one store and prefix are one origin. Their locks are
 * names apart from those that lockers are asked for, unless these begin with `web:`. Requests wait without limit, and
 * each has a place of its own at the store. A lock that is lost for another reason than `steal` rejects with an
 * `AbortError` too.
 *
 * @throws `LOCK_UNSUPPORTED` when the backend has no shared leases, no line or no list.
 */
export function toLockManager(locks: Locker): WebLockManager {
  const inner = typeof locks === 'object' && locks !== null ? internalsOf.get(locks) : undefined
  if (inner === undefined) throw new TypeError('toLockManager needs a locker made by createLocker() of this package')
  const { engine, defaults } = inner
  const { backend, label } = engine
  for (const capability of ['shared', 'line', 'list'] as const) {
    if (backend.capabilities[capability]) continue
    throw new LockError('LOCK_UNSUPPORTED', `the backend ${backend.name} does not offer ${capability}`)
  }
  const clientId = label === '' ? crypto.randomUUID() : `${label} ${crypto.randomUUID()}`
  const order = createSteps(engine, defaults.terms.timeoutMs)
  const silent = new Set<string>()

  const snapshot = async (): Promise<WebLockSnapshot> => {
    engine.throwIfClosed()
    const held: WebLockInfo[] = []
    const pending: WebLockInfo[] = []
    for await (const { name, mode, holders, line = [] } of listAll(engine, defaults.terms.timeoutMs)) {
      for (const { owner } of holders) held.push(...infoOf(name, mode, owner))
      for (const waiter of line) pending.push(...infoOf(name, waiter.mode, waiter.owner))
    }
    return { held, pending }
  }

  const manager = {
    request: async (...args: readonly unknown[]): Promise<unknown> => {
      const { name, mode, ifAvailable, steal, signal, callback } = parseRequest(args)
      engine.throwIfClosed()
      const limit = mode === 'shared' ? Infinity : 1
      const settings = { ...defaults, mode, limit, steal, once: ifAvailable, waitMs: Infinity, maxAttempts: Infinity }
      return new Promise((resolve, reject) => {
        const failed = reject
        const granted = (lease: LeaseHandle | null): void =>
          resolve(runWithLock(lease, lease && Object.freeze({ name, mode }), callback, order))
        sendRequest({ engine, order, clientId, name, settings, signal, silent, granted, failed })
      })
    },
    query: async (): Promise<WebLockSnapshot> => {
      engine.throwIfClosed()
      return new Promise((resolve, reject) => {
        const abortable = { abort: reject }
        engine.pendingSteps.add(abortable)
        order.inOrder(() =>
          snapshot()
            .then(resolve, reject)
            .finally(() => engine.pendingSteps.delete(abortable)),
        )
      })
    },
  }
  return Object.freeze(manager) as WebLockManager
}

/** What of a holder concerns lock managers: nothing, for a lease that a locker was asked for. */
function infoOf(stored: string, mode: LockMode, owner: string): readonly WebLockInfo[] {
  const found = fromStoreName(stored, owner)
  return found === undefined ? [] : [{ name: found.name, mode, clientId: found.clientId }]
}
