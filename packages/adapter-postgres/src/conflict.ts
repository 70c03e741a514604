import { type CallOptions, isBackendError } from '@holdfast/core'
import { memberOf } from './client.js'

/** The SQLSTATEs of a conflict with another transaction: serialization_failure and deadlock_detected. */
const CONFLICT = /^(40001|40P01)$/
/** Where tables are small, SERIALIZABLE fails half of the claims that run at one time: five tries are too few. */
const TRIES = 10
/** The longest pause before the second try, in ms. It doubles with each further try, up to a maximum. */
const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 32
/** No try begins later: a deadlock takes a second to be noticed, and a call has a bound of its own. */
const WITHIN_MS = 500

/**
 * Asks again after a conflict, a few times. The server has rolled the statement back, so the next try repeats nothing.
 * Without it, a caller with one attempt is refused a name that nobody else wants: REPEATABLE READ and SERIALIZABLE also
 * see conflicts between claims on different names.
 *
 * Not for a statement within a transaction of the caller: a conflict ends that transaction.
 *
 * @param ask runs the statement; rejects with a `BackendError`
 * @param call its signal is aborted when nobody waits any more. The signal is read after a conflict only: core makes a
 * controller for each call whose signal is read.
 */
export async function retryConflicts<T>(ask: () => Promise<T>, call: CallOptions | undefined): Promise<T> {
  const begun = performance.now()
  const isOver = (tried: number): boolean => tried === TRIES || performance.now() - begun > WITHIN_MS
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!isConflict(error) || isOver(tried) || call?.signal?.aborted) throw error
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS))
      if (call?.signal?.aborted) throw error
    }
  }
}

const isConflict = (error: unknown): boolean =>
  isBackendError(error) && error.executed === 'no' && CONFLICT.test(String(memberOf(error.cause, 'code')))

/** A random time, so that callers who conflicted do not meet again. */
function pause(longestMs: number): Promise<void> {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1))
  return new Promise((resolve) => setTimeout(resolve, (longestMs * byte) / 255))
}
