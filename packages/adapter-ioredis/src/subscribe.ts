import type { IoredisClient } from './client.js'

/** Hints are not worth waiting longer for: without them, waiters poll. */
const READY_WITHIN_MS = 5_000

/**
 * Subscribes on one connection of our own, and again whenever that has reconnected, whatever options it inherits from
 * the caller's client. Answers how to end it.
 */
export async function subscribe(
  client: IoredisClient,
  channels: readonly string[],
  onMessage: (message: string, channel: string) => void,
): Promise<() => Promise<void>> {
  const subscriber = client.duplicate()
  // Without a listener ioredis prints; what matters is whether the connection becomes ready.
  subscriber.on('error', () => {})
  subscriber.on('message', (channel, message) => {
    if (channels.includes(channel)) onMessage(message, channel)
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the connection for hints was not ready in time')), READY_WITHIN_MS)
      subscriber.on('ready', () => {
        // Hints alone do not keep a process alive: who waits for one does. Each connection has a stream of its own.
        subscriber.stream?.unref?.()
        subscriber.subscribe(...channels).then(() => resolve(), reject)
      })
      if (subscriber.status === 'wait') subscriber.connect().catch(reject)
    })
  } catch (error) {
    subscriber.disconnect()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return async () => subscriber.disconnect()
}
