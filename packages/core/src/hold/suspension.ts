import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import { type Hold, type HoldHost, readClocks } from './hold.js'

/** How long a machine that was suspended may be awake before that is found out. */
const HEARTBEAT_MS = 1_000
/** The clocks are read one after the other, and one of them counts whole milliseconds. */
const CLOCK_NOISE_MS = 5

export interface SuspensionHost extends Pick<HoldHost, 'clock' | 'wallOrigin'> {
  readonly backgroundTimers: TimerQueue
}

/**
 * Looks each second whether the machine was suspended: its timers stood still, its wall clock did not. Then the deadline
 * of a hold may have passed, or its timer would fire too late.
 */
export interface SuspensionCheck {
  start(): void
  stop(): void
}

/** Looks after `holds`, whichever they are at the moment. `host` is read only when there is something to do. */
export function createSuspensionCheck(host: () => SuspensionHost, holds: ReadonlySet<Hold>): SuspensionCheck {
  /** How far the wall clock was ahead of the monotonic one. */
  let aheadMs = 0

  const look = (): void => {
    const before = aheadMs
    const { now, wall } = readClocks(host())
    aheadMs = wall - now
    if (aheadMs - before > CLOCK_NOISE_MS) for (const hold of [...holds]) if (hold.isHeld()) hold.schedule()
    if (holds.size > 0) host().backgroundTimers.set(heartbeat, now + HEARTBEAT_MS)
  }

  const heartbeat: Timer = { dueAt: 0, heapIndex: -1, fire: look }
  return { start: look, stop: () => host().backgroundTimers.clear(heartbeat) }
}
