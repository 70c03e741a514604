import { createConnectedGate } from './client-state.js'
import { noteHandOver, type Sending } from './sending.js'
import { silenceOf } from './silence.js'
import type { RedisTransport } from './transport.js'

/**
 * Hands a command to the client: only when the client has a connection, and, where that answers in order, only while it
 * answers. A client may execute what it has queued at any time, and a caller that has stopped waiting would not learn of
 * it. A command that was held back was certainly not executed.
 */
export type HandOver = (run: () => Promise<unknown>, sending: Sending) => Promise<unknown>

export interface HoldBack {
  readonly handOver: HandOver
  /** Resolves when the client has a connection; `undefined` while it has. */
  readonly connected: () => Promise<void> | undefined
}

export function createHoldBack(transport: RedisTransport): HoldBack {
  const connected = transport.state === undefined ? () => undefined : createConnectedGate(transport)
  const silence = transport.ordered === true ? silenceOf(transport) : undefined

  const handOverNow: HandOver = (run, sending) => {
    noteHandOver(sending, transport)
    const reply = run()
    silence?.sent(reply)
    return reply
  }
  const whenConnected: HandOver = (run, sending) =>
    connected()?.then(() => handOverNow(run, sending)) ?? handOverNow(run, sending)

  return {
    handOver: (run, sending) => {
      sending.attempts += 1
      return silence?.over()?.then(() => whenConnected(run, sending)) ?? whenConnected(run, sending)
    },
    connected,
  }
}
