import { messageOf } from '../errors/messages.js'
import { BackendError, isBackendError } from '../errors/errors.js'
import { redact } from '../errors/redact.js'
import type { RedisTransport } from './transport.js'

/** The server's word that it did not execute the command, and may another time. */
const LATER =
  /\b(READONLY|OOM|NOREPLICAS|LOADING|CLUSTERDOWN|BUSY|UNKILLABLE|MISCONF|MASTERDOWN|TRYAGAIN|NOSCRIPT)\b|max number of clients/
/** Its word that it will not, however often it is asked. */
const NEVER = /\b(NOAUTH|WRONGPASS|NOPERM|WRONGTYPE|CROSSSLOT|DENIED|NOPROTO)\b/
/** Without a code of its own: a command that does not exist, is not permitted within a script, has a bad argument. */
const ERR = /^ERR /
/** A client that gave up following the cluster may have had the command executed on the way. */
const UNDECIDED = /^Too many Cluster redirections/

/**
 * What a client's error means for the command, as a {@link BackendError} without secrets.
 *
 * The server's refusals are certain because every script makes all its checks before its first write for the caller, or
 * answers what it has done in spite of what fails thereafter, unless the client sent the command twice: then the first
 * may have been executed by a server that has since become another's replica.
 */
export function toBackendError(
  error: unknown,
  transport: RedisTransport,
  secrets: readonly string[],
  connection: unknown,
): BackendError {
  if (isBackendError(error)) return error
  const cause = redact(error, secrets)
  const said = messageOf(cause)
  const reason = said === '' ? ((cause as { code?: string }).code ?? cause.name) : said
  const known = transport.executed?.(error)
  const later = LATER.test(said)
  const never = NEVER.test(said) || (ERR.test(said) && !later)
  const refused = !UNDECIDED.test(said) && (never || later)
  const sentAgain = !never && transport.connection?.() !== connection
  const executed = known ?? (refused && !sentAgain ? 'no' : 'unknown')
  // A client that refuses the call itself, as a mistake of its caller, will refuse it again.
  const mistaken = known === 'no' && error instanceof TypeError
  return new BackendError(`${transport.name}: ${reason}`, {
    executed,
    cause,
    retryable: !mistaken && !(refused && never),
  })
}
