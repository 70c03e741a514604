import { systemClock } from '../clock.js'

/** A timer that does not keep the process alive: hints alone are no reason to. Answers how to cancel it. */
export function setQuietTimer(fn: () => void, ms: number): () => void {
  const handle = systemClock.setTimeout(fn, ms)
  ;(handle as { unref?: () => void }).unref?.()
  return () => systemClock.clearTimeout(handle)
}
