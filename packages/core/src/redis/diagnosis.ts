import { systemClock } from '../clock.js'
import { detached } from '../hints/detached.js'
import { setQuietTimer } from '../hints/timers.js'
import type { RedisTransport } from './transport.js'

/** Why a client may have no connection. */
export interface Diagnosis {
  /** Whether the server could be reached; `unknown` while that is being tried. */
  server: 'unknown' | 'failed' | 'reached'
  error?: unknown
  /** When it was begun, on the monotonic clock. */
  readonly at: number
}

/**
 * Tries for a while to connect as the client does, to learn what the client meets: clients emit their last error to
 * their listeners only, and none is attached to a client of the caller.
 */
export function diagnose(
  transport: RedisTransport,
  withinMs: number,
  onDone?: (diagnosis: Diagnosis) => void,
): Diagnosis {
  const diagnosis: Diagnosis = { server: 'unknown', at: systemClock.now() }
  const settle = (server: Diagnosis['server'], error?: unknown): void => {
    if (diagnosis.server !== 'unknown') return
    cancel()
    Object.assign(diagnosis, { server, error })
    subscriber?.close()
    onDone?.(diagnosis)
  }
  const subscriber = transport.openSubscriber?.({ onMessage: () => {}, onEnd: (error) => settle('failed', error) })
  const cancel = setQuietTimer(() => settle('failed', new Error('no answer to the attempt to connect')), withinMs)
  const attempt = async (): Promise<void> => {
    try {
      await subscriber?.connect()
      settle('reached')
    } catch (error) {
      settle('failed', error)
    }
  }
  if (subscriber !== undefined) detached(() => void attempt())
  return diagnosis
}
