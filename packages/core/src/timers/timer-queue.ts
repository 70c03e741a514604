import type { Clock } from '../clock.js'

/** Something that is due at a time. The owner of the object hands it to {@link TimerQueue.set}. */
export interface Timer {
  /** When it is due, on the monotonic clock. Written by {@link TimerQueue.set}. */
  dueAt: number
  /** Its place in the heap, −1 while it is not set. Written by the timers. */
  heapIndex: number
  /** Called once when due. Must not throw. */
  fire(): void
}

/** Many timers over one timer, so that a call or a lease costs no timer of its own. */
export interface TimerQueue {
  /** Sets or moves the timer. */
  set(timer: Timer, at: number): void
  /** Takes the timer back; nothing happens if it is not set. */
  clear(timer: Timer): void
  /** The timer that is due next. */
  next(): Timer | undefined
  /** Lets go of the timer if nothing is set. */
  stopIfIdle(): void
}

/** The longest delay that a platform timer can hold: more fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * @param keepAlive whether a set timer keeps the process alive, where the platform has such timers.
 */
export function createTimerQueue(clock: Clock, keepAlive: boolean): TimerQueue {
  const heap: Timer[] = []
  let platformTimer: { ref?(): void; unref?(): void } | undefined
  let timerAt = Infinity

  // The platform timer stays set when its timer is cleared: the next timer is most often due later,
  // so that a busy locker sets one platform timer per timeout and not one per call.
  const arm = (): void => {
    const first = heap[0]
    if (first === undefined || first.dueAt >= timerAt) return
    if (platformTimer !== undefined) clock.clearTimeout(platformTimer)
    const delay = Math.min(Math.max(Math.ceil(first.dueAt - clock.now()), 0), LONGEST_TIMER_MS)
    timerAt = first.dueAt
    platformTimer = clock.setTimeout(wake, delay) as typeof platformTimer
    if (!keepAlive) platformTimer?.unref?.()
  }

  const wake = (): void => {
    platformTimer = undefined
    timerAt = Infinity
    const now = clock.now()
    for (let first = heap[0]; first !== undefined && first.dueAt <= now; first = heap[0]) {
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
      if (at < timerAt) arm()
      else if (keepAlive && heap.length === 1) platformTimer?.ref?.()
    },
    clear: (timer) => {
      if (timer.heapIndex < 0) return
      remove(heap, timer)
      if (keepAlive && heap.length === 0) platformTimer?.unref?.()
    },
    next: () => heap[0],
    stopIfIdle: () => {
      if (platformTimer === undefined || heap.length > 0) return
      clock.clearTimeout(platformTimer)
      platformTimer = undefined
      timerAt = Infinity
    },
  }
}

// A binary heap whose members know their place, so that any of them can be taken out.

function insert(heap: Timer[], timer: Timer): void {
  heap.push(timer)
  rise(heap, timer, heap.length - 1)
}

function remove(heap: Timer[], timer: Timer): void {
  const slot = timer.heapIndex
  const last = heap.pop() as Timer
  timer.heapIndex = -1
  if (last === timer) return
  const parent = heap[(slot - 1) >> 1]
  if (slot > 0 && parent !== undefined && last.dueAt < parent.dueAt) rise(heap, last, slot)
  else sink(heap, last, slot)
}

function rise(heap: Timer[], timer: Timer, from: number): void {
  let slot = from
  while (slot > 0) {
    const parent = heap[(slot - 1) >> 1] as Timer
    if (parent.dueAt <= timer.dueAt) break
    place(heap, parent, slot)
    slot = (slot - 1) >> 1
  }
  place(heap, timer, slot)
}

function sink(heap: Timer[], timer: Timer, from: number): void {
  let slot = from
  for (;;) {
    let child = 2 * slot + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && (heap[child + 1] as Timer).dueAt < (heap[child] as Timer).dueAt) child++
    const smaller = heap[child] as Timer
    if (smaller.dueAt >= timer.dueAt) break
    place(heap, smaller, slot)
    slot = child
  }
  place(heap, timer, slot)
}

function place(heap: Timer[], timer: Timer, slot: number): void {
  heap[slot] = timer
  timer.heapIndex = slot
}
