import type { LockBackend } from '@holdfast/core'
import type { StoreFaults } from './disturbed.js'

/**
 * A backend under test: how to reach one store through two handles, as two processes would.
 *
 * ```ts
 * export default {
 *   name: 'my store',
 *   open: async () => ({ backends: [myBackend(url), myBackend(url)] }),
 * }
 * ```
 */
export interface ConformanceTarget {
  /** Names the target in reports. */
  readonly name: string
  /** Opens two handles on one store. Called once per run; the store may hold other data, which stays untouched. */
  open(): Promise<OpenStore>
  /**
   * The time that the store lives by, when a test can move it. Cases then run one after another.
   * Default: real time, in which cases wait as long as their leases last, several cases at once.
   */
  readonly clock?: MovableClock
}

/** Time that passes only by `advance`. {@link virtualClock} makes one. */
export interface MovableClock {
  /** Milliseconds. */
  now(): number
  advance(ms: number): Promise<void>
}

/** The result of {@link ConformanceTarget.open}. */
export interface OpenStore {
  /** Two independent handles on the same store. */
  readonly backends: readonly [LockBackend, LockBackend]
  /** Reaches the raw key of a lock past the backend. Without it the cases about foreign values are skipped. */
  readonly foreign?: ForeignValues
  /**
   * Opens a further handle on the same store, as a process does that starts later. Called several times, at the same
   * time too. Without it the cases about handles that are opened later, or closed, are skipped.
   *
   * @param like the index in `backends` of the handle that it is to be like, if these two are of different kinds
   */
  another?(like: 0 | 1): Promise<OpenHandle>
  /** The text before each name in the keys of the store, if any: names that contain it are tried as well. */
  readonly prefix?: string
  /** Disturbs calls on their way. Without it the cases about unknown outcomes are skipped. */
  readonly faults?: StoreFaults
  /** Called once when the run is over, also after failures. */
  close?(): Promise<void>
}

/** A handle on the store, and how to end its use as its process would. */
export interface OpenHandle {
  readonly backend: LockBackend
  /** Ends the connection of this handle. Called once. */
  close(): Promise<unknown> | void
}

/** Access to the value in the store at exactly the key that an exclusive lease on `name` would use. */
export interface ForeignValues {
  /** Writes a value as another system would, expiring after `ttlMs` milliseconds or never. */
  plant(name: string, value: string, ttlMs: number | null): Promise<void>
  /** Reads the value at the key, or `null`. */
  readRaw(name: string): Promise<string | null>
  /** Removes the value at the key, whatever it is. */
  remove(name: string): Promise<void>
  /** Writes a value of another type than a plain value, such as a list. Only for stores whose keys have types. */
  plantOtherType?(name: string): Promise<void>
}

/** Throws for the mistakes that a new target is likely to have, before any case runs. */
export function checkTarget(target: unknown): asserts target is ConformanceTarget {
  if (typeof target !== 'object' || target === null) throw new TypeError('a target is an object { name, open }')
  const name: unknown = Reflect.get(target, 'name')
  if (typeof name !== 'string' || name === '') throw new TypeError('a target needs a name')
  if (typeof Reflect.get(target, 'open') !== 'function') throw new TypeError(`target ${name} needs an open() function`)
}

export function checkStore(name: string, store: OpenStore): void {
  const backends: unknown = store?.backends
  if (!Array.isArray(backends) || backends.length !== 2) {
    throw new TypeError(`open() of target ${name} must answer { backends: [one, another] }: two handles on one store`)
  }
  if (backends[0] === backends[1]) {
    throw new TypeError(`open() of target ${name} answered one handle twice: open the store a second time`)
  }
  backends.forEach((backend, index) => checkBackend(`backends[${index}] of target ${name}`, backend))
}

/** Checks that `another` of a store answers a handle. */
export function checkHandle(handle: OpenHandle): void {
  checkBackend('what another() of the target answered as `backend`', handle?.backend)
  if (typeof handle.close !== 'function') throw new TypeError('another() of the target must answer { backend, close }')
}

const METHODS = ['acquire', 'extend', 'release', 'inspect', 'evict']

function checkBackend(what: string, backend: unknown): void {
  if (typeof backend !== 'object' || backend === null) throw new TypeError(`${what} is not a backend`)
  const members = new Map<string, unknown>()
  for (const key of [...METHODS, 'specVersion', 'capabilities']) members.set(key, Reflect.get(backend, key))
  if (members.get('specVersion') !== 1) {
    throw new TypeError(`${what} has specVersion ${String(members.get('specVersion'))}; this suite certifies version 1`)
  }
  const missing = METHODS.filter((method) => typeof members.get(method) !== 'function')
  if (missing.length > 0) throw new TypeError(`${what} lacks ${missing.map((method) => `${method}()`).join(', ')}`)
  const capabilities = members.get('capabilities')
  if (typeof capabilities !== 'object' || capabilities === null) throw new TypeError(`${what} lacks its capabilities`)
}
