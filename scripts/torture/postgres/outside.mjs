import { isBackendError } from '@holdfast/core'

/** SQLSTATEs by which a server ends a statement or a connection from outside: by a restart, a timeout, a cancellation. */
const FROM_OUTSIDE = /^(57...|08...|25P03|53300)$/
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/

/** Whether a statement failed by a fault, and not by itself. @param {unknown} error */
export function isFromOutside(error) {
  const inner = isBackendError(error) ? error.cause : error
  const { code } = /** @type {{ code?: unknown }} */ (inner ?? {})
  // A client's own error has no SQLSTATE: a connection that was refused, reset, not had in time.
  return error instanceof Error && (typeof code !== 'string' || !SQLSTATE.test(code) || FROM_OUTSIDE.test(code))
}
