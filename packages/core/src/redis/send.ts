import { randomFraction } from '../owner-token.js'
import { messageOf } from '../errors/messages.js'
import type { HandOver } from './hold-back.js'
import type { Sending } from './sending.js'
import type { RedisTransport } from './transport.js'

/**
 * Sends a script. Settles with the result of `onReply`, or of `onError` for the client's own error; by default as the
 * client does. They are no further step in a chain of promises, which every command would pay for.
 */
export type SendScript = <Result = unknown>(
  sending: Sending,
  onReply?: (reply: unknown) => Result,
  onError?: (error: unknown) => Result,
) => Promise<Result>

/** The source of a script on its way to a server that does not know it. */
interface Load {
  /** How many commands were sent before. */
  readonly after: number
  readonly settled: Promise<unknown>
}

/**
 * Sends scripts by their hashes, and one by its source if the server has forgotten it, as it may at any time. Of many
 * commands that meet this together, the first sends the source and the others ask again after it: a server that knows
 * nothing, or an endpoint that limits the size of a request, must not be sent the same source hundreds of times.
 */
export function createSendScript(transport: RedisTransport, handOver: HandOver): SendScript {
  const loads = new Map<string, Load>()
  const stamp = createStamp()
  let sent = 0

  const wordsOf = ({ argv }: Sending): string[] => (transport.distinct === true ? [...argv, stamp()] : [...argv])

  const sendHash: SendScript = (sending, onReply, onError = rethrow) => {
    const { script, keys } = sending
    const mine = (sent += 1)
    try {
      return handOver(() => transport.evalsha(script.sha1, keys, wordsOf(sending)), sending).then(
        onReply,
        (error: unknown) =>
          messageOf(error).includes('NOSCRIPT') ? sendSource(sending, mine).then(onReply, onError) : onError(error),
      )
    } catch (error) {
      return Promise.reject(error).catch(onError)
    }
  }

  const sendSource = async (sending: Sending, mine: number): Promise<unknown> => {
    const { script, keys } = sending
    // A source that was sent after this command may be on its way. One that was sent before did not reach the server:
    // it went to another node, or was lost.
    const load = loads.get(script.sha1)
    if (load !== undefined && load.after >= mine) {
      await load.settled
      return sendHash(sending)
    }
    const reply = handOver(() => transport.eval(script.source, keys, wordsOf(sending)), sending)
    const settled = reply.then(
      () => {},
      () => {},
    )
    loads.set(script.sha1, { after: sent, settled })
    return reply
  }

  return sendHash
}

const rethrow = (error: unknown): never => {
  throw error
}

/** A text that no other command carries, whoever sends it: `randomFraction()` is not drawn before the first use. */
function createStamp(): () => string {
  let origin: string | undefined
  let count = 0
  return () => {
    origin ??= `${randomFraction()}${randomFraction()}`.replaceAll('0.', '-')
    return `${(count += 1)}${origin}`
  }
}
