import { systemClock } from '../clock.js'
import { BackendError } from '../errors/errors.js'
import { type Diagnosis, diagnose } from './diagnosis.js'
import { toBackendError } from './failure.js'
import { setQuietTimer } from '../hints/timers.js'
import type { RedisTransport } from './transport.js'

/** How long a command is held back for a client that has no connection, by what is known of the server. */
const HOLD_MS = {
  /** The server cannot be reached: the client may be reconnecting all the same. */
  failed: 250,
  /** Nothing yet: the network may be slow, or silent. */
  unknown: 3_000,
  /** The server can be reached: the client will be connected, too. */
  reached: 10_000,
} as const
/** How long at most for a client that is set to refuse commands without a connection. */
const OFFLINE_MS = 50
/** How long a client may be without a connection before it is looked into why, and how long that is believed. */
const [DIAGNOSE_AFTER_MS, BELIEVE_MS] = [150, 1_000]
/** How often to look whether the client has a connection: nothing is attached to it that would say so. */
const LOOK_MS = 10
const MOST_PER_LOOK_MS = 5 * LOOK_MS

/** Answers what to wait for before a command, if anything. Those who wait go on in the order in which they came. */
export function createConnectedGate(transport: RedisTransport): () => Promise<void> | undefined {
  let gate: Promise<void> | undefined
  let diagnosis: Diagnosis | undefined
  let renewing = false

  const isWaiting = (): boolean => {
    const state = transport.state?.()
    return state === 'connecting' || state === 'offline'
  }

  const wait = async (): Promise<void> => {
    let last = systemClock.now()
    let ms = 0
    const isOffline = transport.state?.() === 'offline'
    const [mostMs, diagnoseMs] = isOffline ? [OFFLINE_MS, 0] : [Infinity, DIAGNOSE_AFTER_MS]
    while (isWaiting()) {
      // A process that was not given time itself has not seen that the client is slow.
      const now = systemClock.now()
      ms += isOffline ? now - last : Math.min(now - last, MOST_PER_LOOK_MS)
      last = now
      if (ms >= diagnoseMs) diagnosis ??= diagnose(transport, HOLD_MS.unknown)
      if (ms >= Math.min(mostMs, HOLD_MS[diagnosis?.server ?? 'unknown'])) throw notConnected(transport, diagnosis)
      await new Promise<void>((resolve) => void setQuietTimer(resolve, LOOK_MS))
    }
  }

  const renew = (earlier: Diagnosis): void => {
    if (renewing) return
    renewing = true
    diagnose(transport, HOLD_MS.unknown, (newer) => {
      renewing = false
      if (diagnosis === earlier) diagnosis = newer
    })
  }

  return () => {
    if (gate !== undefined) return gate
    // A command that an idle client connects for would be queued by it, whether or not the server can be reached.
    if (transport.state?.() === 'idle') transport.connect?.()
    if (!isWaiting()) {
      diagnosis = undefined
      return undefined
    }
    if (diagnosis?.server === 'failed') {
      const refusal = notConnected(transport, diagnosis)
      // No call waits for this diagnosis: the result of the one before counts until it ends.
      if (systemClock.now() - diagnosis.at > BELIEVE_MS) renew(diagnosis)
      return Promise.reject(refusal)
    }
    // After this time the client is diagnosed again.
    if (diagnosis?.server === 'reached' && systemClock.now() - diagnosis.at > BELIEVE_MS) diagnosis = undefined
    gate = wait().finally(() => (gate = undefined))
    return gate
  }
}

function notConnected(transport: RedisTransport, diagnosis: Diagnosis | undefined): BackendError {
  const before = `${transport.name}: the client is not connected`
  if (diagnosis?.error === undefined) return new BackendError(before, { executed: 'no' })
  const { message, cause, retryable } = toBackendError(diagnosis.error, { transport })
  const reason = message.slice(transport.name.length + 2)
  return new BackendError(`${before}: ${reason}`, { executed: 'no', cause, retryable })
}
