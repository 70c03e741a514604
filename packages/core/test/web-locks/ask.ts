import type { Ask, Ending } from './case.js'
import { deferred } from './task-queue.js'

/** The end of a promise. Handles its rejection from now on. */
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
  // The case need not wait for these promises: their rejections count as handled.
  for (const { promise } of [granted, done]) void ending(promise)
  return { granted: granted.promise, ended, calls, release: done.resolve, fail: done.reject }
}
