import { type Clock, inLaterTurn, systemClock } from '../clock.js'

/**
 * Rejects in a later turn of the event loop. A caller that tries again at once, in a loop, would otherwise let no timer
 * run and no signal of the system arrive for as long as the reason lasts, and the reason could not go away. In virtual
 * time it rejects at once, so that a clock which is moved need not wait for the event loop.
 */
export function rejectLater(clock: Clock, reason: unknown): Promise<never> {
  if (clock !== systemClock) return Promise.reject(reason)
  return new Promise((_, reject) => inLaterTurn(() => reject(reason)))
}

/** Makes a later rejection of a throw. No async function, which would cost each call a promise more. */
export function rejecting<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  try {
    return call()
  } catch (error) {
    return rejectLater(clock, error)
  }
}
