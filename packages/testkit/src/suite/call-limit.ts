/** How much shorter the limit of a call becomes after a call of the run was never answered. */
const SHORTER = 30
/** How much slower than the slowest answer so far a call may then be. */
const SLOWER = 20

/** How long the calls of a run may go without an answer. */
export interface CallLimit {
  /** The limit of a call, in real milliseconds. */
  readonly ms: () => number
  /** Notes how long the slowest call of a case took that was answered. */
  readonly answeredIn: (ms: number) => void
  /** Notes that a call was not answered within the limit. */
  readonly wasUnanswered: () => void
}

/**
 * The limit holds until a call goes unanswered for so long. The backend is wrong then, and each further call that hangs
 * shall cost little: a run in which every call hangs would otherwise take hours.
 */
export function createCallLimit(limitMs: number): CallLimit {
  let unanswered = false
  let slowestMs = 0
  return {
    ms: () => (unanswered ? Math.min(limitMs, Math.max(limitMs / SHORTER, slowestMs * SLOWER)) : limitMs),
    answeredIn: (ms) => {
      slowestMs = Math.max(slowestMs, ms)
    },
    wasUnanswered: () => {
      unanswered = true
    },
  }
}
