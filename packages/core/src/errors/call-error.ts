import { LockError } from './errors.js'
import { messageOf } from './messages.js'
import { redact } from './redact.js'

/** The failure of a call to the store. */
interface Failed {
  readonly executed: 'no' | 'unknown'
  readonly cause: unknown
}

/**
 * The error for a call to the store that failed: `LOCK_BACKEND` when the store has certainly not executed it, else
 * `LOCK_INDETERMINATE`. No secret of the backend's error is in its message and its cause.
 * @param what the failed act, with which the message begins.
 * @param owner the owner that the call was made for, if there is one. Other owners are recognised by their form.
 */
export function callError(what: string, { executed, cause }: Failed, owner: string = ''): LockError {
  const safe = redact(cause, [owner])
  const code = executed === 'no' ? 'LOCK_BACKEND' : 'LOCK_INDETERMINATE'
  return new LockError(code, `${what}: ${messageOf(safe)}`, { cause: safe })
}
