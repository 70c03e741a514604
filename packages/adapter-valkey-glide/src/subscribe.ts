import type { Subscriber, SubscriberEvents } from '@holdfast/core/redis'
import type { GlideListener } from './client.js'

/** Notifications are not worth waiting longer for: without them, waiters poll. */
const TIMEOUT_MS = 5_000

/** Subscribes by a client of the caller that is there for it alone, which reconnects by itself and stays open. */
export function subscriberOf(listener: GlideListener, { onMessage, onEnd }: SubscriberEvents): Subscriber {
  const channels = new Set<string>()
  let ended = false
  const receive = async (): Promise<void> => {
    while (!ended) {
      const { channel, message } = await listener.getPubSubMessage()
      if (!ended && channels.has(String(channel))) onMessage(String(message), String(channel))
    }
  }
  return {
    connect: async () => {
      // Rejects when the client is closed: no message arrives any more, and waiters go on polling.
      receive().catch((error: unknown) => {
        if (!ended) onEnd(error)
      })
    },
    subscribe: async (more) => {
      await listener.subscribe(more, TIMEOUT_MS)
      for (const channel of more) channels.add(channel)
    },
    unsubscribe: async (some) => {
      for (const channel of some) channels.delete(channel)
      await listener.unsubscribe(some, TIMEOUT_MS)
    },
    close: () => {
      if (ended) return
      ended = true
      if (channels.size > 0) listener.unsubscribe([...channels], TIMEOUT_MS).catch(() => {})
    },
  }
}
