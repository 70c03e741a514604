import type { Subscriber, SubscriberEvents } from '@holdfast/core/redis'
import type { GlideListener } from './client.js'
import { inboxOf } from './inbox.js'

/** Notifications are not worth waiting longer for: without them, waiters poll. */
const TIMEOUT_MS = 5_000

/** Subscribes by a client of the caller that is there for it alone, which reconnects by itself and stays open. */
export function subscriberOf(listener: GlideListener, { onMessage, onEnd }: SubscriberEvents): Subscriber {
  const inbox = inboxOf(listener)
  const reader = { channels: new Set<string>(), onMessage, onEnd }
  const unsubscribe = async (some: readonly string[]): Promise<void> => {
    for (const channel of some) reader.channels.delete(channel)
    const unread = some.filter((channel) => !inbox.isRead(channel))
    if (unread.length > 0) await listener.unsubscribe(unread, TIMEOUT_MS)
  }
  return {
    connect: async () => inbox.add(reader),
    subscribe: async (more) => {
      // Before the command: from now on no other subscriber ends what this one needs.
      for (const channel of more) reader.channels.add(channel)
      await listener.subscribe(more, TIMEOUT_MS)
    },
    unsubscribe,
    close: () => {
      if (inbox.remove(reader)) unsubscribe([...reader.channels]).catch(() => {})
    },
  }
}
