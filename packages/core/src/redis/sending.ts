import type { RedisTransport } from './transport.js'

/** A script as it is sent, and the SHA-1 by which the server knows it. */
export interface LuaScript {
  readonly source: string
  readonly sha1: string
}

/** A command on its way, with what decides whether its refusal is certain. */
export interface Sending {
  readonly script: LuaScript
  readonly keys: string[]
  readonly argv: readonly string[]
  /** How often it was to be sent: a second time, for example, with a source that the server had forgotten. */
  attempts: number
  /** Whether the client has got it. */
  handedOver: boolean
  /** The transport's connection when the client got it first. */
  connection: unknown
}

/** A command to be sent, perhaps after another of the same call, which may have been executed as well. */
export const newSending = (script: LuaScript, keys: string[], argv: readonly string[], before?: Sending): Sending => ({
  script,
  keys,
  argv,
  attempts: before?.attempts ?? 0,
  handedOver: before !== undefined,
  connection: before?.connection,
})

/** Notes that the client gets the command now. */
export function noteHandOver(sending: Sending, transport: RedisTransport): void {
  if (sending.handedOver) return
  sending.handedOver = true
  sending.connection = transport.connection?.()
}

/** Whether the client may have sent it twice, as it always may if it does not distinguish its connections. */
export const mayBeSentTwice = ({ handedOver, connection }: Sending, transport: RedisTransport): boolean =>
  handedOver && transport.connection?.() !== connection

/** Whether the connection has changed since. One that is not distinguished, or was not there yet, has not. */
export const hasChanged = (sending: Sending, transport: RedisTransport): boolean =>
  sending.connection !== undefined && !Number.isNaN(sending.connection) && mayBeSentTwice(sending, transport)
