import { type Clock, inLaterTurn, systemClock } from '../clock.js'

const AT_ONCE = 1_000

/**
 * Answers at once, but for calls that follow each other in a loop: after so many answers, the next ones come in a later
 * turn of the event loop. Otherwise no timer would fire for as long as the loop lasts, so that no lease of the process
 * would be renewed, and no signal of the system arrive. In virtual time each answer comes at once.
 */
export function answering(clock: Clock): <T>(answer: T) => T | Promise<T> {
  if (clock !== systemClock) return (answer) => answer
  let left = AT_ONCE
  return (answer) => {
    if (left === AT_ONCE) inLaterTurn(() => (left = AT_ONCE))
    if (left > 0) {
      left--
      return answer
    }
    return new Promise((resolve) => inLaterTurn(() => resolve(answer)))
  }
}
