/** A moment that is known up to bounds, in milliseconds. */
export interface Span {
  readonly lo: number
  readonly hi: number
}

/**
 * The moment of a call. A store may read its clock before the call takes effect, as in a transaction that others see
 * later; never before the call was made.
 */
export interface Instant {
  readonly now: Span
  readonly clock: Span
}

/** How exact the times of a history are. */
export interface Precision {
  /** How much earlier than its end a lease may end, for clocks that round. */
  readonly earlyMs: number
  /** How much later than its end a lease may end. */
  readonly lateMs: number
}

/** The moment so many milliseconds after another one, as a store would see it. */
export function after(moment: Span, ms: number, { earlyMs, lateMs }: Precision): Span {
  return { lo: moment.lo + ms - earlyMs, hi: moment.hi + ms + lateMs }
}

export const earlier = (a: Span, b: Span): Span => ({ lo: Math.min(a.lo, b.lo), hi: Math.min(a.hi, b.hi) })
export const later = (a: Span, b: Span): Span => ({ lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) })

/** Whether both may be the same moment. */
export const meets = (a: Span, b: Span): boolean => a.lo <= b.hi && b.lo <= a.hi

/** Whether something that lasts until `end` lasts at `now`. */
export function lasts(end: Span, now: Span): 'yes' | 'no' | 'maybe' {
  if (now.hi < end.lo) return 'yes'
  return now.lo > end.hi ? 'no' : 'maybe'
}
