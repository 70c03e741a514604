import { BackendError } from '../errors/errors.js'

/** A reply as text: a client may be set to answer with buffers. */
export function textOf(reply: unknown): string {
  if (typeof reply === 'string') return reply
  if (!ArrayBuffer.isView(reply)) throw unknownReply(reply)
  return new TextDecoder().decode(reply)
}

/**
 * The parts of a reply that has this shape, without which nothing of it is believed. `QUEUED`, the answer of another
 * script, or one that was cut short, says nothing of this command.
 */
export function matchReply(reply: unknown, shape: RegExp): readonly (string | undefined)[] {
  const match = shape.exec(textOf(reply))
  if (match === null) throw unknownReply(reply)
  return match.slice(1)
}

/** A time or a count in a reply, `null` for none. */
export const numberOrNull = (digits: string | undefined): number | null =>
  digits === undefined || digits === '' ? null : Number(digits)

/** A fence in a reply, `null` for none. A fence above 2^53 would be rounded, so it is refused. */
export function fenceOrNull(digits: string | undefined): number | null {
  const fence = numberOrNull(digits)
  if (fence !== null && !Number.isSafeInteger(fence)) throw unknownReply(digits)
  return fence
}

/** The command may have been executed, or may still be. The reply is not quoted: it may hold an owner. */
export function unknownReply(reply: unknown): BackendError {
  const kind = typeof reply === 'string' ? `a text of ${reply.length} characters` : `a value of type ${typeof reply}`
  const known = reply === 'QUEUED' ? 'QUEUED: a transaction is open on its connection' : kind
  return new BackendError(`the server answered a script with what this version does not understand, ${known}`, {
    executed: 'unknown',
  })
}
