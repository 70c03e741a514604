import type { GlideListener } from './client.js'

/** Notifications are not worth waiting longer for: without them, waiters poll. */
const TIMEOUT_MS = 5_000

/** Subscribes by a client that is there for it alone. Answers how to end that; the client stays open. */
export async function subscribe(
  listener: GlideListener,
  channels: readonly string[],
  onMessage: (message: string, channel: string) => void,
): Promise<() => Promise<void>> {
  await listener.subscribe(channels, TIMEOUT_MS)
  let ended = false
  const receive = async (): Promise<void> => {
    while (!ended) {
      const { channel, message } = await listener.getPubSubMessage()
      if (!ended && channels.includes(String(channel))) onMessage(String(message), String(channel))
    }
  }
  // Rejects when the client is closed: no message arrives any more, and waiters go on polling.
  receive().catch(() => {})
  return async () => {
    ended = true
    await listener.unsubscribe(channels, TIMEOUT_MS)
  }
}
