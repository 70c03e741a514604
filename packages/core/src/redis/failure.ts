import { messageOf } from '../errors/messages.js'
import { BackendError, isBackendError } from '../errors/errors.js'
import { redact } from '../errors/redact.js'
import { hasChanged, mayBeSentTwice, type Sending } from './sending.js'
import type { RedisTransport } from './transport.js'

/** The server did not execute the command, and may another time. */
const LATER =
  /\b(READONLY|OOM|NOREPLICAS|LOADING|CLUSTERDOWN|BUSY|UNKILLABLE|MISCONF|MASTERDOWN|TRYAGAIN|NOSCRIPT)\b|max number of clients/
/** The server did not execute it, and will not, however often it is asked. */
const NEVER = /\b(NOAUTH|WRONGPASS|NOPERM|WRONGTYPE|CROSSSLOT|DENIED|NOPROTO)\b/
/** Another node has the keys. Only a client of the whole cluster can follow. */
const ELSEWHERE = /^(MOVED|ASK) \d+ /
/**
 * Without a code of its own: a command that does not exist, is not permitted within a script, has a bad argument. But a
 * proxy that lost the server's answer may say that of its connection in an `ERR`, too.
 */
const ERR =
  /^ERR (?!.*(time.{0,2}out|conn|host|stream|backend|pipe|internal|network|unreach|is down|put\/out|EOF|deadline|reset|socket|close|unavail|gateway|cancel|no reply))/i
/** A client that gave up following the cluster may have had the command executed on the way. */
const UNDECIDED = /^Too many Cluster redirections/

/** The circumstances of an error. */
export interface Circumstances {
  readonly transport: RedisTransport
  /** Absent for what was no script: a connection, a scan. */
  readonly sending?: Sending
  /** The texts that no error may show. */
  readonly secrets?: readonly string[] | undefined
}

/**
 * The meaning of a client's error for the command, as a {@link BackendError} without secrets.
 *
 * The server's refusals are certain because every script makes all its checks before its first write for the caller, or
 * answers the write in spite of what fails thereafter. Each refusal, also of the client or of this package, speaks of one
 * sending. It is not certain for a command that may have been sent before: the first may have been executed, by a server
 * that has since become another's replica, or out of reach.
 */
export function toBackendError(error: unknown, circumstances: Circumstances): BackendError {
  const { transport, sending, secrets = [] } = circumstances
  const sentTwice = sending !== undefined && mayBeSentTwice(sending, transport)
  // An adapter, or a gate before the client, refuses the attempt at hand. An attempt before it may have been executed.
  if (isBackendError(error)) {
    const { message, cause, retryable } = error
    return sentTwice && sending.attempts > 1
      ? new BackendError(message, { executed: 'unknown', cause, retryable })
      : error
  }
  const cause = redact(error, secrets)
  const said = messageOf(cause)
  const reason = said === '' ? ((cause as { code?: string }).code ?? cause.name) : said
  const known = transport.executed?.(error)
  const elsewhere = ELSEWHERE.test(said)
  const later = LATER.test(said) || elsewhere
  const never = NEVER.test(said) || (ERR.test(said) && !later)
  const refused = !UNDECIDED.test(said) && (never || later)
  // Where a client does not say so, a refusal for good counts as certain: rights are seldom withdrawn between two sendings.
  const isSecond = never && known === undefined && sending !== undefined ? hasChanged(sending, transport) : sentTwice
  const isCertain = known === undefined ? refused : known === 'no'
  // A client that refuses the call itself, as a mistake of its caller, will refuse it again.
  const mistaken = known === 'no' && cause.name === 'TypeError'
  const misled = elsewhere && !transport.clustered
  const help = misled ? USE_CLUSTER : OF_RIGHTS.test(said) ? NEEDS_RIGHTS : ''
  return new BackendError(`${transport.name}: ${reason}${help}`, {
    executed: isCertain && !isSecond ? 'no' : 'unknown',
    cause,
    retryable: !mistaken && !misled && !(refused && never),
  })
}

const USE_CLUSTER = ' (the server is one node of a cluster: give the backend a Cluster client of your library)'

/** A key, a channel or a command that the user lacks, also within a script. */
const OF_RIGHTS = /NOPERM|ACL failure|user executing/
const NEEDS_RIGHTS = ' (docs/redis.md, Commands and ACL, lists the keys, channels and commands that the user needs)'

/** The server spreads keys over slots, and these keys lie in several, or elsewhere. */
const OF_SLOTS = /\b(CROSSSLOT|MOVED|ASK|TRYAGAIN|CLUSTERDOWN)\b/
/** A refusal of the user or of the server as it is, whichever keys the command has. */
const OF_ALL_KEYS = /\b(NOAUTH|WRONGPASS|DENIED|NOPROTO)\b/

/** Whether a command on several keys was refused in a way that the same command on fewer keys may not be. */
export function mayPassInParts(error: unknown): boolean {
  if (!isBackendError(error) || error.executed !== 'no') return false
  return OF_SLOTS.test(error.message) || (!error.retryable && !OF_ALL_KEYS.test(error.message))
}

/** Whether the refusal shows that the server is one of a cluster. */
export const isOfSlots = (error: unknown): boolean => isBackendError(error) && OF_SLOTS.test(error.message)
