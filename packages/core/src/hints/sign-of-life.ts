import type { Subscriber } from './source.js'
import { setQuietTimer } from './timers.js'

/** How often to ask a standing connection for a sign of life. */
const EVERY_MS = 5_000
/** How long to wait for it, twice: a process that was paused reads the answer between the two. */
const HALF_MS = 2_500

/**
 * Asks a standing connection for a sign of life until the function is called that this answers. A connection may end
 * without a word, where a firewall forgets it or the other machine is gone, and no message would arrive any more.
 */
export function watchForLife(subscriber: Subscriber, onSilent: (error: unknown) => void): () => void {
  let cancel = (): void => {}
  let stopped = false
  const stop = (): void => {
    stopped = true
    cancel()
  }
  const end = (error: unknown): void => {
    if (stopped) return
    stop()
    onSilent(error)
  }
  // A subscriber of another author may throw at once.
  const ask = async (): Promise<unknown> => subscriber.check?.()
  const check = (): void => {
    const late = (): void => end(new Error('the connection for notifications does not answer'))
    cancel = setQuietTimer(() => (cancel = setQuietTimer(late, HALF_MS)), HALF_MS)
    ask().then(askLater, end)
  }
  const askLater = (): void => {
    cancel()
    if (!stopped) cancel = setQuietTimer(check, EVERY_MS)
  }
  if (subscriber.check !== undefined) askLater()
  return stop
}
