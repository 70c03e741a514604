import type { Clock } from '../clock.js'
import { insert, remove, type HeapNode } from './heap.js'
import type { RunIn } from './detached.js'

/** An object with an act that is due at a time. {@link TimerQueue.set} takes it. */
export interface Timer extends HeapNode {
  /** Called once when due. Must not throw. */
  fire(): void
}

/** Many timers over one timer of the platform, so that a call or a lease costs none of its own. */
export interface TimerQueue {
  /** Sets or moves the timer to `at`, on the monotonic clock. */
  set(timer: Timer, at: number): void
  /** Takes the timer back; nothing happens if it is not set. */
  clear(timer: Timer): void
  /** The timer that is due next. */
  next(): Timer | undefined
  /** Gives up the timer of the platform if nothing is set. */
  stopIfIdle(): void
}

export interface TimerQueueOptions {
  /** Whether a timer that is set keeps the process alive, where the platform has such timers. */
  readonly keepsProcessAlive: boolean
  /** Sets the timer of the platform outside of the async context of the caller that set the first timer. */
  readonly detached: RunIn
}

/** The longest delay that a timer of the platform can hold: more fires at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1
/** How many timers fire in one turn of the event loop: 100,000 that are due together would block it. */
const FIRED_AT_ONCE = 1_000

export function createTimerQueue(clock: Clock, { keepsProcessAlive, detached }: TimerQueueOptions): TimerQueue {
  const heap: Timer[] = []
  let platformTimer: { ref?(): void; unref?(): void } | undefined
  let wakesAt = Infinity

  // The timer of the platform stays when a timer is taken back: the next one is most often due later, so that a busy
  // locker sets one per timeout and not one per call.
  const arm = (): void => {
    const first = heap[0]
    if (first === undefined || first.dueAt >= wakesAt) return
    if (platformTimer !== undefined) clock.clearTimeout(platformTimer)
    const delayMs = Math.min(Math.max(Math.ceil(first.dueAt - clock.now()), 0), LONGEST_DELAY_MS)
    wakesAt = first.dueAt
    platformTimer = detached(() => clock.setTimeout(wake, delayMs)) as typeof platformTimer
    if (!keepsProcessAlive) platformTimer?.unref?.()
  }

  const wake = (): void => {
    platformTimer = undefined
    wakesAt = Infinity
    const now = clock.now()
    let fired = 0
    for (let first = heap[0]; first !== undefined && first.dueAt <= now; first = heap[0]) {
      if (fired++ === FIRED_AT_ONCE) break
      remove(heap, first)
      first.fire()
    }
    arm()
  }

  return {
    set: (timer, at) => {
      if (timer.heapIndex >= 0) remove(heap, timer)
      timer.dueAt = at
      insert(heap, timer)
      if (at < wakesAt) arm()
      else if (keepsProcessAlive && heap.length === 1) platformTimer?.ref?.()
    },
    clear: (timer) => {
      if (timer.heapIndex < 0) return
      remove(heap, timer)
      if (keepsProcessAlive && heap.length === 0) platformTimer?.unref?.()
    },
    next: () => heap[0],
    stopIfIdle: () => {
      if (platformTimer === undefined || heap.length > 0) return
      clock.clearTimeout(platformTimer)
      platformTimer = undefined
      wakesAt = Infinity
    },
  }
}
