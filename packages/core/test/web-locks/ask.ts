import type { Ask, Ending } from './case.js'
import { deferred } from './task-queue.js'

/** How a promise ends. Takes its rejection into account from now on. */
export function ending(promise: Promise<unknown>): Promise<Ending> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
}

/** Asks for a lock, and holds it until `release` is called. */
export function ask(manager: LockManager, name: string, options?: LockOptions): Ask {
  const done = deferred()
  const granted = deferred<Lock | null>()
  const calls: (Lock | null)[] = []
  const callback = (lock: Lock | null): Promise<unknown> => {
    calls.push(lock)
    granted.resolve(lock)
    return done.promise
  }
  const ended = ending(
    options === undefined ? manager.request(name, callback) : manager.request(name, options, callback),
  )
  void ended.then((end) => granted.reject(new Error('the request ended without a call', { cause: end })))
  // Whoever does not wait for the grant, and whoever has been stolen from, does not see failures that follow.
  for (const { promise } of [granted, done]) void ending(promise)
  return { granted: granted.promise, ended, calls, release: done.resolve, fail: done.reject }
}
