import { toBackendError } from './failure.js'
import type { RedisTransport } from './transport.js'

/** A script as it is sent, and the SHA-1 by which the server knows it. */
export interface LuaScript {
  readonly source: string
  readonly sha1: string
}

/** A script with the meaning of its arguments and of its reply: the only way to call it. */
export interface Contract<Args, Reply> {
  readonly script: LuaScript
  /** Its ARGV. */
  argv(args: Args): string[]
  /** What its reply means. Throws for a reply that this version does not know. */
  parse(reply: unknown, args: Args): Reply
  /** Whether this may be what the second of two sendings is answered, of which the first was executed. */
  mayBeSecond?(reply: Reply): boolean
}

/** Runs a script by its hash, and once by its source if the server has forgotten it, as it may at any time. */
export async function run<Args, Reply>(
  transport: RedisTransport,
  contract: Contract<Args, Reply>,
  keys: string[],
  args: Args,
  secrets: readonly string[],
): Promise<Reply> {
  const { script, argv, parse } = contract
  const words = argv(args)
  const connection = transport.connection?.()
  try {
    const reply = parse(await transport.evalsha(script.sha1, keys, words), args)
    if (contract.mayBeSecond?.(reply) === true && hasChanged(transport, connection))
      throw new Error('it was sent twice')
    return reply
  } catch (error) {
    if (!(error instanceof Error && /\bNOSCRIPT\b/.test(error.message)))
      throw toBackendError(error, transport, secrets, connection)
  }
  try {
    return parse(await transport.eval(script.source, keys, words), args)
  } catch (error) {
    throw toBackendError(error, transport, secrets, connection)
  }
}

/** Of a client that cannot tell one connection from another, nothing is known. */
function hasChanged(transport: RedisTransport, connection: unknown): boolean {
  return connection !== undefined && !Number.isNaN(connection) && transport.connection?.() !== connection
}

/** A client may be set to answer with buffers: they print as the text they hold. */
export const textOf = (reply: unknown): string => (typeof reply === 'string' ? reply : String(reply))

export function unknownReply(text: string): Error {
  return new Error(`the script answered what this version does not understand: ${JSON.stringify(text.slice(0, 8))}…`)
}
