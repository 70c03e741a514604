// Declares `AsyncDisposable` for projects that compile without that library and without the types of Node.
/// <reference lib="esnext.disposable" preserve="true" />
import type { LockMode } from './backend.js'
/**
 * How a release ended.
 *
 * - `'released'`: it was ours until now. The name may stay taken: by another handle on the same hold, by the waiter of
 *   this process to which it passed, or for the rest of `minHoldMs`.
 * - `'expired'`: it was not ours any more, and no other lease was touched. Also after `ticket()`, and after `close()`.
 * - `'unknown'`: the store refused, or gave no certain answer in time. The name is free within the ttl.
 */
export type ReleaseResult = 'released' | 'expired' | 'unknown'

/**
 * A name, or several, held until it is released, lost, or its locker is closed. Also released at the end of the block by
 * `await using`, in TypeScript and on Node 24 or later.
 *
 * @example
 * const lease = await locks.acquire('invoice:42')
 * try {
 *   await fetch(url, { signal: lease.signal }) // stops when the lease is lost
 *   lease.assertHeld(1_000) // throws LOCK_LOST unless 1 s is left
 *   await save(lease.fence)
 * } finally {
 *   await lease.release()
 * }
 */
export interface Lease extends AsyncDisposable {
  /** With several names, the first of them. */
  readonly name: string
  /** All names of the lease, in the order in which they were asked for. */
  readonly names: readonly string[]
  readonly mode: LockMode
  /** The secret token. Never printed by `inspect`, JSON, errors or events. */
  readonly owner: string
  /**
   * The fencing token: greater for each later holder of the name. Hand it to the resource that the lock protects, and
   * let it refuse any fence older than the newest it has seen. `null` when the backend has no fences, and with several
   * names, each of which has its own in {@link fences}.
   */
  readonly fence: number | null
  /** The fencing token of each name. */
  readonly fences: ReadonlyMap<string, number | null>
  /**
   * Aborts when the lease is lost; `signal.reason` is the `LOCK_LOST` error, or `LOCK_CLOSED` when the locker
   * was closed under its holder. Stays quiet on an ordinary release.
   *
   * Once it has been read, it aborts also when the name is taken by force: within a round trip where the backend has
   * `watch`, else at the next renewal, and without renewal at the deadline.
   */
  readonly signal: AbortSignal
  /** Whether the lease is held at this moment, by the clocks. Once false, always false. */
  readonly held: boolean
  /** How long it is surely held, in milliseconds, by the local clocks; 0 when not held. */
  readonly remainingMs: number
  /**
   * Throws unless the lease is held, and surely for `minRemainingMs` milliseconds more. Default 0. With more than 1 000,
   * or than a third of the ttl, it may throw for a lease that is renewed well: one for which its caller stood in line
   * begins with at most 3 s.
   * @throws `LOCK_LOST`, also when the lease is held but has less than `minRemainingMs` left: `held` distinguishes the
   * two; `RangeError` for a negative number
   */
  assertHeld(minRemainingMs?: number): void
  /**
   * Extends the lease to `ttlMs` milliseconds from now: an integer from 10 to 2^31 − 1. Default: the ttl with which it
   * was acquired, for each of several names. After a command on this lease whose answer was lost, and on a lease that was
   * resumed, the lease counts on its own ttl at most, however much longer `ttlMs` is: see {@link remainingMs}.
   * @throws `LOCK_LOST` when it is not held any more; `LOCK_INDETERMINATE` when the store gave no certain answer,
   * the lease then lives on to its old deadline, or for `ttlMs` if that is sooner; `LOCK_BACKEND` when the store refused.
   */
  extend(ttlMs?: number): Promise<void>
  /**
   * An opaque, secret text with which {@link Locker.resume} continues the lease elsewhere. Ends this handle;
   * the lease lives on until its deadline.
   * @throws `LOCK_LOST` when it is not held any more; `LOCK_UNSUPPORTED` while it is held through another handle too.
   */
  ticket(): string
  /**
   * Releases the lease: at the store when this was the last handle on it. Never rejects, and a second call answers the
   * same. Await it before the client is closed, else the name stays taken for the ttl. A method: pass
   * `() => lease.release()` where a function is wanted.
   */
  release(): Promise<ReleaseResult>
}
