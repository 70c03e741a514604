import { createConnectedGate } from './client-state.js'
import { silenceOf } from './silence.js'
import type { RedisTransport, ScanPage } from './transport.js'

/**
 * The same transport, which hands a command to its client only when the client has a connection, and, where that answers
 * in order, only while it answers. A client may execute what it has queued at any time, and a caller that has stopped
 * waiting would not learn of it. A command that was held back was certainly not executed.
 */
export function holdBack(transport: RedisTransport): RedisTransport {
  const { state, scanNodes, ordered = false } = transport
  const connected = state && createConnectedGate(transport)
  const silence = ordered ? silenceOf(transport) : undefined
  if (connected === undefined && silence === undefined) return transport

  const sendNow = (run: () => Promise<unknown>): Promise<unknown> => {
    const reply = run()
    silence?.sent(reply)
    return reply
  }
  const whenConnected = (run: () => Promise<unknown>): Promise<unknown> =>
    connected?.()?.then(() => sendNow(run)) ?? sendNow(run)
  const send = (run: () => Promise<unknown>): Promise<unknown> =>
    silence?.over()?.then(() => whenConnected(run)) ?? whenConnected(run)

  return {
    ...otherMembers(transport),
    evalsha: (sha1: string, keys: string[], args: string[]) => send(() => transport.evalsha(sha1, keys, args)),
    eval: (source: string, keys: string[], args: string[]) => send(() => transport.eval(source, keys, args)),
    ...(scanNodes !== undefined && {
      scanNodes: async (): Promise<readonly ScanPage[]> => {
        await connected?.()
        return scanNodes.call(transport)
      },
    }),
  }
}

type Command = 'evalsha' | 'eval' | 'scanNodes'

/** The members that send nothing. The methods stay those of the transport, which may be an instance of a class. */
function otherMembers(transport: RedisTransport): Omit<RedisTransport, Command> {
  const { name, clustered, ordered, client, distinct, state, openSubscriber, connection, executed } = transport
  return {
    name,
    clustered,
    ...(ordered !== undefined && { ordered }),
    ...(client !== undefined && { client }),
    ...(distinct !== undefined && { distinct }),
    ...(state && { state: state.bind(transport) }),
    ...(openSubscriber && { openSubscriber: openSubscriber.bind(transport) }),
    ...(connection && { connection: connection.bind(transport) }),
    ...(executed && { executed: executed.bind(transport) }),
  }
}
