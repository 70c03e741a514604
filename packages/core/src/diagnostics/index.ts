import type { AcquisitionEvent, FailureCode, LockObserver, WholeLeaseEvent } from '../observer/observer.js'
import type { LockError } from '../errors/errors.js'
import { hasSubscribers, openChannels, publishEnd, publishStart } from './channels.js'

/**
 * The message of the tracing channel `holdfast:acquire`: one object for all events of an acquisition. The optional fields
 * are there from its end on.
 *
 * - Acquired: `leaseId`, `fence`, `waitedMs`, `attempts`.
 * - Failed: `code`, `waitedMs`, `attempts`, and `error` unless the call answers `null`.
 */
export interface AcquireMessage extends AcquisitionEvent {
  readonly leaseId?: number
  readonly fence?: number | null
  readonly waitedMs?: number
  readonly attempts?: number
  readonly code?: FailureCode
  readonly error?: unknown
}

/**
 * The message of the tracing channel `holdfast:hold`: one object for all events of a lease. The optional fields are there
 * from its end on; `error` only when it was lost.
 */
export interface HoldMessage extends WholeLeaseEvent {
  readonly heldMs?: number
  readonly end?: 'released' | 'lost' | 'handedOver'
  readonly error?: LockError
}

/** The message of the channel `holdfast:lost`, which is published in the moment of a loss. */
export interface LostMessage extends WholeLeaseEvent {
  readonly heldMs: number
  readonly reason: LockError
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * An observer that publishes to channels of `node:diagnostics_channel`. Acquisitions that begin while nobody subscribes
 * are not published, and cost nothing. Nothing is published on a platform without these channels.
 *
 * - `holdfast:acquire`: a tracing channel. `start` and `end` at the beginning of an acquisition; `error`, if there is one,
 *   `asyncStart` and `asyncEnd` at its end.
 * - `holdfast:hold`: the same for each lease, from its grant, or from `resume`, to its end.
 * - `holdfast:lost`: a plain channel.
 *
 * The messages are {@link AcquireMessage}, {@link HoldMessage} and {@link LostMessage}. No message carries an owner token.
 *
 * @example
 * const locks = createLocker({ backend, observer: diagnosticsObserver() })
 * tracingChannel('holdfast:acquire').subscribe({ asyncEnd: (message) => console.log(message) })
 */
export function diagnosticsObserver(): LockObserver {
  const channels = openChannels()
  if (channels === undefined) return { enabled: false }
  const { acquire, hold, lost } = channels
  const acquisitions = new Map<number, Mutable<AcquireMessage>>()
  const leases = new Map<number, Mutable<HoldMessage>>()

  const endAcquisition = (event: AcquireMessage): void => {
    const message = acquisitions.get(event.id)
    acquisitions.delete(event.id)
    if (message !== undefined) publishEnd(acquire, Object.assign(message, event))
  }
  const beginLease = ({ id, leaseId, name, names, mode }: WholeLeaseEvent): void => {
    const message = { id, leaseId, name, names, mode }
    leases.set(leaseId, message)
    publishStart(hold, message)
  }
  const endLease = (
    event: WholeLeaseEvent,
    end: Required<Pick<HoldMessage, 'end' | 'heldMs'>>,
    error?: LockError,
  ): void => {
    const message = leases.get(event.leaseId)
    leases.delete(event.leaseId)
    if (message !== undefined) publishEnd(hold, Object.assign(message, end, error && { error }))
  }

  return {
    get enabled() {
      return hasSubscribers(channels)
    },
    started: (event) => {
      const message = { ...event }
      acquisitions.set(event.id, message)
      publishStart(acquire, message)
    },
    acquired: (event) => {
      endAcquisition(event)
      beginLease(event)
    },
    failed: ({ error, ...event }) => endAcquisition(error === undefined ? event : { ...event, error }),
    resumed: beginLease,
    released: (event) => endLease(event, { end: 'released', heldMs: event.heldMs }),
    handedOver: (event) => endLease(event, { end: 'handedOver', heldMs: event.heldMs }),
    lost: (event) => {
      lost.publish(event)
      endLease(event, { end: 'lost', heldMs: event.heldMs }, event.reason)
    },
  }
}
