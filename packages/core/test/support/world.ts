import { createLocker, type Locker, type LockErrorCode, type LockerOptions } from '../../src/index.js'
import { isLockError, type LockObserver } from '../../src/index.js'
import { faultyBackend, type FaultyBackend, type FaultyOptions } from './backend.js'
import { virtualClock, type VirtualClock } from './clock.js'

/** A locker over a store that can be made to fail, in virtual time. */
export interface World {
  readonly clock: VirtualClock
  readonly backend: FaultyBackend
  readonly locks: Locker
  /** Another locker over the same store, as in another process. */
  other(options?: Partial<LockerOptions>): Locker
}

/** The name of the lock in most tests. */
export const NAME = 'invoice:42'

export function world(options: Partial<LockerOptions> = {}, faulty: FaultyOptions = {}): World {
  const clock = virtualClock()
  const backend = faultyBackend(clock, faulty)
  const other = (more: Partial<LockerOptions> = {}): Locker => createLocker({ backend: backend.store, clock, ...more })
  return { clock, backend, locks: createLocker({ backend, clock, ...options }), other }
}

/** The end of a promise. */
export type Ending<T> = { readonly value: T } | { readonly error: unknown }

export function ending<T>(promise: Promise<T>): Promise<Ending<T>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
}

/** The code with which a promise rejects; fails if it does not reject with a `LockError`. */
export async function codeOf(promise: Promise<unknown>): Promise<LockErrorCode> {
  const end = await ending(promise)
  if ('error' in end && isLockError(end.error)) return end.error.code
  throw new Error(`expected a LockError, got ${'error' in end ? String(end.error) : 'a value'}`, { cause: end })
}

/** An observer that writes down its events, with the names of their hooks. */
export function recorder(): { readonly observer: LockObserver; readonly events: [string, Record<string, unknown>][] } {
  const events: [string, Record<string, unknown>][] = []
  const hooks = ['waiting', 'contended', 'acquired', 'renewed', 'renewalFailed', 'lost', 'released'] as const
  const observer: LockObserver = Object.fromEntries(
    hooks.map((hook) => [hook, (event: object): void => void events.push([hook, { ...event }])]),
  )
  return { observer, events }
}
