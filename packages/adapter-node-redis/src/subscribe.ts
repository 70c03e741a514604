import type { NodeRedisSubscriber } from './client.js'

/** Hints are not worth waiting longer for: without them, waiters poll. */
const READY_WITHIN_MS = 5_000

/** Subscribes on one connection of our own, which node-redis resubscribes when it reconnects. Answers how to end it. */
export async function subscribe(
  subscriber: NodeRedisSubscriber,
  channels: readonly string[],
  onMessage: (message: string, channel: string) => void,
): Promise<() => Promise<void>> {
  // A duplicate has none of the listeners of its original, and would end the process at its first disconnect.
  subscriber.on('error', () => {})
  // Hints alone do not keep a process alive: who waits for one does.
  subscriber.unref?.()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the connection for hints was not ready in time')), READY_WITHIN_MS)
  })
  try {
    await Promise.race([late, subscriber.connect().then(() => subscriber.subscribe([...channels], onMessage))])
  } catch (error) {
    await destroy(subscriber)
    throw error
  } finally {
    clearTimeout(timer)
  }
  return () => destroy(subscriber)
}

/** Ends it at once: a polite close would wait for a server that hangs. */
async function destroy(subscriber: NodeRedisSubscriber): Promise<void> {
  try {
    await subscriber.destroy()
  } catch {
    // It was closed already.
  }
}
