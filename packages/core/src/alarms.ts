import type { Clock } from './clock.js'

/** Something that is due at a time. The owner of the object hands it to {@link Alarms.set}. */
export interface Alarm {
  /** When it is due, on the monotonic clock. Written by {@link Alarms.set}. */
  at: number
  /** Its place in the heap, −1 while it is not set. Written by the alarms. */
  slot: number
  /** Called once when due. Must not throw. */
  ring(): void
}

/** Many alarms over one timer, so that a call or a lease costs no timer of its own. */
export interface Alarms {
  /** Sets or moves the alarm. */
  set(alarm: Alarm, at: number): void
  /** Takes the alarm back; nothing happens if it is not set. */
  clear(alarm: Alarm): void
  /** The alarm that is due next. */
  next(): Alarm | undefined
  /** Lets go of the timer if nothing is set. */
  rest(): void
}

/** The longest delay that a platform timer can hold: more fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * @param keepAlive whether a set alarm keeps the process alive, where the platform has such timers.
 */
export function createAlarms(clock: Clock, keepAlive: boolean): Alarms {
  const heap: Alarm[] = []
  let timer: { ref?(): void; unref?(): void } | undefined
  let timerAt = Infinity

  // The timer is left running when its alarm is taken back: the next alarm is most often a later one,
  // so that a busy locker sets one timer per timeout and not one per call.
  const arm = (): void => {
    const first = heap[0]
    if (first === undefined || first.at >= timerAt) return
    if (timer !== undefined) clock.clearTimeout(timer)
    const delay = Math.min(Math.max(Math.ceil(first.at - clock.now()), 0), LONGEST_TIMER_MS)
    timerAt = first.at
    timer = clock.setTimeout(wake, delay) as typeof timer
    if (!keepAlive) timer?.unref?.()
  }

  const wake = (): void => {
    timer = undefined
    timerAt = Infinity
    const now = clock.now()
    for (let first = heap[0]; first !== undefined && first.at <= now; first = heap[0]) {
      remove(heap, first)
      first.ring()
    }
    arm()
  }

  return {
    set: (alarm, at) => {
      if (alarm.slot >= 0) remove(heap, alarm)
      alarm.at = at
      insert(heap, alarm)
      if (at < timerAt) arm()
      else if (keepAlive && heap.length === 1) timer?.ref?.()
    },
    clear: (alarm) => {
      if (alarm.slot < 0) return
      remove(heap, alarm)
      if (keepAlive && heap.length === 0) timer?.unref?.()
    },
    next: () => heap[0],
    rest: () => {
      if (timer === undefined || heap.length > 0) return
      clock.clearTimeout(timer)
      timer = undefined
      timerAt = Infinity
    },
  }
}

// A binary heap whose members know their place, so that any of them can be taken out.

function insert(heap: Alarm[], alarm: Alarm): void {
  heap.push(alarm)
  rise(heap, alarm, heap.length - 1)
}

function remove(heap: Alarm[], alarm: Alarm): void {
  const slot = alarm.slot
  const last = heap.pop() as Alarm
  alarm.slot = -1
  if (last === alarm) return
  const parent = heap[(slot - 1) >> 1]
  if (slot > 0 && parent !== undefined && last.at < parent.at) rise(heap, last, slot)
  else sink(heap, last, slot)
}

function rise(heap: Alarm[], alarm: Alarm, from: number): void {
  let slot = from
  while (slot > 0) {
    const parent = heap[(slot - 1) >> 1] as Alarm
    if (parent.at <= alarm.at) break
    place(heap, parent, slot)
    slot = (slot - 1) >> 1
  }
  place(heap, alarm, slot)
}

function sink(heap: Alarm[], alarm: Alarm, from: number): void {
  let slot = from
  for (;;) {
    let child = 2 * slot + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && (heap[child + 1] as Alarm).at < (heap[child] as Alarm).at) child++
    const smaller = heap[child] as Alarm
    if (smaller.at >= alarm.at) break
    place(heap, smaller, slot)
    slot = child
  }
  place(heap, alarm, slot)
}

function place(heap: Alarm[], alarm: Alarm, slot: number): void {
  heap[slot] = alarm
  alarm.slot = slot
}
