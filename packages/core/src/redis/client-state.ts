import { systemClock } from '../clock.js'
import { BackendError } from '../errors/errors.js'
import { toBackendError } from './failure.js'
import { detached } from './hints/detached.js'
import { setQuietTimer } from './hints/timers.js'
import type { RedisTransport } from './transport.js'

/** How long a command is held back for a client that has no connection. */
const HOLD_MS = 800
/** How long a client may be without a connection before it is looked into why: it may be reconnecting. */
const DIAGNOSE_AFTER_MS = 200
/** How often to look whether the client has a connection: nothing is attached to it that would say so. */
const LOOK_MS = 10

/**
 * The same transport, which hands a command to its client only when the client has a connection. What a client queues
 * until it is connected may be executed at any time, and a caller who stops waiting for it learns neither that nor why.
 * What was held back was certainly not executed.
 */
export function holdBackUntilConnected(transport: RedisTransport): RedisTransport {
  const { state } = transport
  if (state === undefined) return transport
  let gate: Promise<void> | undefined
  const isConnecting = (): boolean => transport.state?.() === 'connecting'

  /** Absent when there is nothing to wait for. Those who wait go on in the order in which they came. */
  const connected = (): Promise<void> | undefined => {
    if (gate === undefined && !isConnecting()) return undefined
    gate ??= waitFor(transport, isConnecting).finally(() => (gate = undefined))
    return gate
  }

  const { scan } = transport
  return Object.assign(Object.create(transport) as RedisTransport, {
    evalsha: (sha1: string, keys: string[], args: string[]) =>
      connected()?.then(() => transport.evalsha(sha1, keys, args)) ?? transport.evalsha(sha1, keys, args),
    eval: (source: string, keys: string[], args: string[]) =>
      connected()?.then(() => transport.eval(source, keys, args)) ?? transport.eval(source, keys, args),
    ...(scan !== undefined && {
      async *scan(pattern: string, onPage?: () => void): AsyncGenerator<string> {
        await connected()
        yield* scan.call(transport, pattern, onPage)
      },
    }),
  })
}

async function waitFor(transport: RedisTransport, isConnecting: () => boolean): Promise<void> {
  const from = systemClock.now()
  let problem: { error?: unknown } | undefined
  while (isConnecting()) {
    const ms = systemClock.now() - from
    if (ms > HOLD_MS) throw notConnected(transport, problem?.error)
    if (ms > DIAGNOSE_AFTER_MS) problem ??= diagnose(transport)
    await new Promise<void>((resolve) => void setQuietTimer(resolve, LOOK_MS))
  }
}

/** Tries to connect as the client does, to learn what it meets: clients tell their last error to listeners only. */
function diagnose(transport: RedisTransport): { error?: unknown } {
  const problem: { error?: unknown } = {}
  const found = (error: unknown): void => {
    problem.error ??= error
    subscriber?.close()
  }
  const subscriber = transport.openSubscriber?.({ onMessage: () => {}, onEnd: found })
  if (subscriber === undefined) return problem
  setQuietTimer(() => subscriber.close(), HOLD_MS)
  detached(() => void subscriber.connect().then(() => subscriber.close(), found))
  return problem
}

function notConnected(transport: RedisTransport, error: unknown): BackendError {
  const before = `${transport.name}: the client is not connected`
  if (error === undefined) return new BackendError(before, { executed: 'no' })
  const { message, cause, retryable } = toBackendError(error, transport, [], undefined)
  const reason = message.slice(transport.name.length + 2)
  return new BackendError(`${before}: ${reason}`, { executed: 'no', cause, retryable })
}
